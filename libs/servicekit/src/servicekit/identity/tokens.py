"""Verifying and signing tokens: accounts' access tokens (RFC 9068) and the short-lived ones services call each other with."""

import json
import time
from collections import OrderedDict
from collections.abc import Callable, Container
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from servicekit.caller import Caller, Role
from servicekit.errors import SessionRevoked, Unauthenticated
from servicekit.identity.keys import KeySource

ALGORITHM = "EdDSA"
ISSUER = "littlemonster"
AUDIENCE = "littlemonster"
TYPE = "at+jwt"
SERVICE_ISSUER = "littlemonster-mesh"
SERVICE_AUDIENCE = "littlemonster-mesh"
SERVICE_TYPE = "svc+jwt"
SERVICE_LIFETIME_SECONDS = 60
_MAX_LENGTH = 4096
_CACHE_SIZE = 20_000
_REMEMBERED_SECONDS = 60.0
_ASSURANCE = (1, 2)
_REQUIRED = ["exp", "iat", "iss", "aud", "sub"]
_CLOCKS_APART_SECONDS = 60
"""By so much the clock of who signed may be ahead of ours."""


class TokenInvalid(Unauthenticated):
    """The token is not ours, not for us, or no longer valid."""

    reason = "TOKEN_INVALID"
    message = "The access token is not valid or has expired. Renew it with POST /v1/auth/refresh, or sign in again."


@dataclass(frozen=True, slots=True)
class Verified:
    """A caller whose token needs no other look until `expires`, in seconds since the epoch."""

    caller: Caller
    expires: float


class TokenVerifier:
    """Verifies signature, type, issuer, audience and times. Remembers what it verified until it expires, a minute at most.

    So a key that was taken back is soon good for nothing, also for tokens seen before, however long they say they live.
    Of a session in `revoked` no token is good, remembered or not.
    """

    def __init__(
        self,
        accounts: KeySource,
        services: KeySource,
        now: Callable[[], float] = time.time,
        revoked: Container[str] = (),
    ) -> None:
        self._accounts = accounts
        self._services = services
        self._now = now
        self._revoked = revoked
        self._cache: OrderedDict[str, Verified] = OrderedDict()

    def remembered(self, token: str) -> Caller | None:
        """The caller of a token verified before and still valid; the common case, without an await. Raises SessionRevoked."""
        verified = self._cache.get(token)
        if verified is None:
            return None
        if verified.expires <= self._now():
            del self._cache[token]
            return None
        return self.living(verified.caller)

    async def verify(self, token: str) -> Caller:
        """The caller. Raises TokenInvalid, SessionRevoked."""
        if caller := self.remembered(token):
            return caller
        verified = await self._verify(token)
        known_until = min(verified.expires, self._now() + _REMEMBERED_SECONDS)
        self._cache[token] = replace(verified, expires=known_until)
        if len(self._cache) > _CACHE_SIZE:
            self._cache.popitem(last=False)
        return self.living(verified.caller)

    def living(self, caller: Caller) -> Caller:
        """The caller, while their session lives. Raises SessionRevoked."""
        if caller.session_id in self._revoked:
            raise SessionRevoked
        return caller

    async def _verify(self, token: str) -> Verified:
        if len(token) > _MAX_LENGTH:
            raise TokenInvalid
        try:
            header = jwt.get_unverified_header(token)
            if header.get("typ") == SERVICE_TYPE:
                return await self._service(token, header)
            if header.get("typ") == TYPE:
                return await self._account(token, header)
        except (jwt.InvalidTokenError, ValueError, TypeError, RecursionError):
            raise TokenInvalid from None
        raise TokenInvalid

    async def _account(self, token: str, header: dict[str, Any]) -> Verified:
        claims = self._claims(token, await _key(self._accounts, header), ISSUER, AUDIENCE)
        role = Role(claims["role"]) if "role" in claims else None
        session = claims.get("sid")
        if role is None or role is Role.SERVICE or not isinstance(session, str) or not session:
            raise TokenInvalid
        # Accounts' ids are asked for as uuids everywhere; in any other spelling they would be somebody else, or break a query.
        if claims["sub"] != str(UUID(str(claims["sub"]))):
            raise TokenInvalid
        aal = claims.get("aal", 1)  # the version before gave none
        if type(aal) is not int or aal not in _ASSURANCE:
            raise TokenInvalid
        return Verified(Caller(claims["sub"], role, session, aal), claims["exp"])

    async def _service(self, token: str, header: dict[str, Any]) -> Verified:
        claims = self._claims(token, await _key(self._services, header), SERVICE_ISSUER, SERVICE_AUDIENCE)
        # A service's key speaks for that service alone.
        if claims["sub"] != header["kid"]:
            raise TokenInvalid
        return Verified(Caller.service(claims["sub"]), claims["exp"])

    def _claims(self, token: str, key: Ed25519PublicKey, issuer: str, audience: str) -> dict[str, Any]:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            issuer=issuer,
            audience=audience,
            # The times are compared below, by our clock.
            options={
                "require": _REQUIRED,
                "strict_aud": True,
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
        _check_unambiguous(token)
        begins, end, now = (claims["iat"], claims.get("nbf", 0)), claims["exp"], self._now()
        if not all(isinstance(at, int | float) for at in (*begins, end)):
            raise TokenInvalid
        if not now < end or not all(begin - _CLOCKS_APART_SECONDS <= now for begin in begins):
            raise TokenInvalid
        return claims


def _check_unambiguous(token: str) -> None:
    """Raises TokenInvalid when a member of header or claims is given twice: the gateway's parser and ours must read the same."""
    for part in token.split(".")[:2]:
        json.loads(jwt.utils.base64url_decode(part), object_pairs_hook=_members)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise TokenInvalid
    return members


async def _key(source: KeySource, header: dict[str, Any]) -> Ed25519PublicKey:
    kid = header.get("kid")
    if header.get("alg") != ALGORITHM or not isinstance(kid, str):
        raise TokenInvalid
    key = await source.key(kid)
    if key is None:
        raise TokenInvalid
    return key


class ServiceTokens:
    """The token this service calls others with, renewed before it expires."""

    def __init__(self, service: str, key: Ed25519PrivateKey, now: Callable[[], float] = time.time) -> None:
        self._service = service
        self._key = key
        self._now = now
        self._token = ""
        self._renew_at = float("-inf")

    def token(self) -> str:
        """A token valid for at least half a minute."""
        now = self._now()
        if now >= self._renew_at:
            self._token = self._sign(int(now))
            self._renew_at = now + SERVICE_LIFETIME_SECONDS / 2
        return self._token

    def _sign(self, now: int) -> str:
        claims = {
            "iss": SERVICE_ISSUER,
            "aud": SERVICE_AUDIENCE,
            "sub": self._service,
            "iat": now,
            "exp": now + SERVICE_LIFETIME_SECONDS,
        }
        return jwt.encode(claims, self._key, ALGORITHM, headers={"kid": self._service, "typ": SERVICE_TYPE})
