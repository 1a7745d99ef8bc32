"""The keys access tokens are signed with."""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from opentelemetry.metrics import Observation, get_meter

from auth_service.clients import key_folder
from auth_service.domain.access_tokens import PublicKey
from auth_service.domain.signing_keys import SigningKey, age, signing_key
from servicekit.clock import Clock
from servicekit.identity.jwks import jwk
from servicekit.identity.keys import KeyFileInvalid
from servicekit.identity.tokens import ALGORITHM, TYPE
from servicekit.telemetry.measures import Observed

log = logging.getLogger(__name__)
_LOOK_SECONDS = 1.0
_NANOSECONDS = 1e9
_meter = get_meter("auth_service")
_age, _published = Observed(), Observed()
_meter.create_observable_gauge(
    "littlemonster.signing_key.age",
    [_age],
    unit="s",
    description="How long the key that signs access tokens has done so",
)
_meter.create_observable_gauge(
    "littlemonster.signing_keys",
    [_published],
    unit="{key}",
    description="Keys whose public halves verify access tokens",
)


class Ed25519Signer:
    """See ports.TokenSigner. One key."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        public = jwk(key.public_key())
        self._public = PublicKey(kid=public["kid"], x=public["x"])

    def sign(self, claims: Mapping[str, str | int]) -> str:
        """A JWT of RFC 9068's type."""
        return jwt.encode(dict(claims), self._key, ALGORITHM, headers={"kid": self._public.kid, "typ": TYPE})

    def public_keys(self) -> Sequence[PublicKey]:
        """The one key."""
        return (self._public,)


class KeyRing:
    """See ports.TokenSigner and servicekit's KeySource. The keys of a folder, which may change; the clock says which signs."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        """Raises KeyFileInvalid, also when none of the keys signs yet."""
        self._folder = folder
        self._clock = clock
        self._read()
        _age.add(self, _observed_age)
        _published.add(self, lambda ring: [Observation(len(ring.public_keys()))])

    def sign(self, claims: Mapping[str, str | int]) -> str:
        """By the key whose time it is."""
        signing = signing_key([*self._keys], self._clock())
        if signing is None:
            raise KeyFileInvalid("No key signs any more: the clock was set back.")
        return self._keys[signing].sign(claims)

    def public_keys(self) -> Sequence[PublicKey]:
        """All of them, those that are yet to sign too."""
        return [public for signer in self._keys.values() for public in signer.public_keys()]

    def age(self) -> timedelta | None:
        """How long the key that signs now has done so; None when none does."""
        now = self._clock()
        key = signing_key([*self._keys], now)
        return age(key, self._written.get(key.name, now), now) if key else None

    async def key(self, kid: str) -> Ed25519PublicKey | None:
        """For this process's own server: auth need not ask itself over the network."""
        return self._public.get(kid)

    async def watch(self) -> None:
        """Reads the folder anew when it changed, until cancelled. What cannot be read leaves the keys as they were."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                if key_folder.fingerprint(self._folder) != self._seen:
                    self._read()
                    log.info("signing keys changed", extra={"keys": sorted(self._public)})
            except (KeyFileInvalid, OSError) as error:
                log.error("signing keys cannot be read", extra={"error": str(error)})

    def _read(self) -> None:
        seen = key_folder.fingerprint(self._folder)
        keys = key_folder.load(self._folder)
        if signing_key([*keys], self._clock()) is None:
            raise KeyFileInvalid(
                f"{self._folder} holds no key that signs yet. Keep the one before until the next begins."
            )
        self._seen = seen
        self._written = {Path(name).stem: datetime.fromtimestamp(at / _NANOSECONDS, UTC) for name, _, at in seen}
        self._public = {key.kid: private.public_key() for key, private in keys.items()}
        self._keys: dict[SigningKey, Ed25519Signer] = {key: Ed25519Signer(private) for key, private in keys.items()}


def _observed_age(ring: KeyRing) -> Iterable[Observation]:
    signing = ring.age()
    return [] if signing is None else [Observation(signing.total_seconds())]
