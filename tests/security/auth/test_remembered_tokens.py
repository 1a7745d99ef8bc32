"""What was verified is remembered, so that the common case costs nothing: for how long, how much, and what ends it at once."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from fakes.auth.keys import key_source
from security.auth.hostile_tokens import ACCOUNT, HONEST, KEY, KID, SECONDS, SERVICE_KEY, SESSION, SIGNER, with_claims

from servicekit.caller import Caller, Role
from servicekit.errors import SessionRevoked
from servicekit.identity import tokens
from servicekit.identity.keys import StaticKeys
from servicekit.identity.revocation import RevokedSessions
from servicekit.identity.tokens import ServiceTokens, TokenInvalid, TokenVerifier


@pytest.fixture
def verifier() -> TokenVerifier:
    """As in every service: auth's keys for people, the mesh's keys for services."""
    services = StaticKeys({"content": SERVICE_KEY.public_key()})
    return TokenVerifier(key_source(SIGNER), services, now=lambda: float(SECONDS))


class _Keys:
    """Auth's keys, which come and go."""

    def __init__(self, keys: dict[str, Ed25519PublicKey]) -> None:
        self._keys = keys

    async def key(self, kid: str) -> Ed25519PublicKey | None:
        return self._keys.get(kid)


class _CountingKeys:
    """Auth's keys, and how often they were asked for."""

    asked = 0

    async def key(self, kid: str) -> Ed25519PublicKey | None:
        self.asked += 1
        return await key_source(SIGNER).key(kid)


async def test_a_remembered_token_stops_working_when_it_expires() -> None:
    now = float(SECONDS)
    verifier = TokenVerifier(key_source(SIGNER), StaticKeys({}), now=lambda: now)
    await verifier.verify(HONEST)
    now = float(SECONDS + 600)
    with pytest.raises(TokenInvalid):
        await verifier.verify(HONEST)


async def test_a_remembered_token_stops_working_a_minute_after_its_key_was_taken_back() -> None:
    """Who copied a key writes tokens that live for years."""
    now, keys = float(SECONDS), {KID: KEY.public_key()}
    verifier = TokenVerifier(_Keys(keys), StaticKeys({}), now=lambda: now)
    forged = with_claims(exp=SECONDS + 10**8, role="ADMIN")
    assert (await verifier.verify(forged)).role is Role.ADMIN
    del keys[KID]
    now += 60
    assert verifier.remembered(forged) is None
    with pytest.raises(TokenInvalid):
        await verifier.verify(forged)


async def test_a_token_is_verified_once_and_then_remembered() -> None:
    keys = _CountingKeys()
    verifier = TokenVerifier(keys, StaticKeys({}), now=lambda: float(SECONDS))
    assert await verifier.verify(HONEST) == await verifier.verify(HONEST) == verifier.remembered(HONEST)
    assert keys.asked == 1


async def test_what_is_remembered_is_bounded(verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_CACHE_SIZE", 2)
    three = [with_claims(jti=str(number)) for number in range(3)]
    for token in three:
        await verifier.verify(token)
    assert [verifier.remembered(token) is not None for token in three] == [False, True, True]


async def test_a_token_of_an_ended_session_is_refused_also_when_it_was_remembered() -> None:
    revoked = RevokedSessions()
    services = StaticKeys({"content": SERVICE_KEY.public_key()})
    service = ServiceTokens("content", SERVICE_KEY, now=lambda: float(SECONDS))
    verifier = TokenVerifier(key_source(SIGNER), services, now=lambda: float(SECONDS), revoked=revoked)
    another = with_claims(sid="0190b5c0-0000-7000-8000-000000000009")
    assert await verifier.verify(with_claims()) == verifier.remembered(with_claims())
    revoked.add(SESSION.id)
    with pytest.raises(SessionRevoked):
        verifier.remembered(with_claims())
    for _ in range(2):
        with pytest.raises(SessionRevoked):
            await verifier.verify(with_claims(jti="of the same session"))
    assert (await verifier.verify(another)).id == ACCOUNT.id
    assert await verifier.verify(service.token()) == Caller.service("content")
