"""A table of hostile access tokens: every service's verifier refuses each, and accepts the honest one."""

import base64
import hashlib
import hmac
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from auth_service.clients.signing import Ed25519Signer
from auth_service.domain.access_tokens import claims
from auth_service.domain.accounts import Registration, open_account
from auth_service.domain.secrets import new_secret
from auth_service.domain.sessions import Assurance, open_session
from servicekit.caller import Caller, Role
from servicekit.clock import utc_now
from servicekit.identity import tokens
from servicekit.identity.keys import StaticKeys
from servicekit.identity.revocation import RevokedSessions, SessionRevoked
from servicekit.identity.tokens import ServiceTokens, TokenInvalid, TokenVerifier

KEY, OTHER_KEY, SERVICE_KEY = (Ed25519PrivateKey.generate() for _ in range(3))
SIGNER = Ed25519Signer(KEY)
KID = SIGNER.public_keys()[0].kid
NOW = utc_now()
ACCOUNT = open_account("0190b5c0-0000-7000-8000-000000000001", Registration("a@example.org", "Ada", "hash", None), NOW)
SESSION = open_session("0190b5c0-0000-7000-8000-000000000002", ACCOUNT.id, "browser", NOW)
CLAIMS: dict[str, Any] = claims(ACCOUNT, SESSION, "0190b5c0-0000-7000-8000-000000000003", NOW)
HEADER: dict[str, Any] = {"alg": "EdDSA", "typ": "at+jwt", "kid": KID}
SECONDS = int(NOW.timestamp())


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def signed(header: dict[str, Any] | bytes, payload: dict[str, Any] | bytes, key: Ed25519PrivateKey = KEY) -> str:
    """A token with exactly this header and payload, and a signature of the real key unless another is given."""
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, payload)]
    text = ".".join(encoded(part) for part in parts)
    return f"{text}.{encoded(key.sign(text.encode()))}"


def with_claims(**changes: Any) -> str:
    return signed(HEADER, CLAIMS | changes)


def without(claim: str) -> str:
    return signed(HEADER, {name: value for name, value in CLAIMS.items() if name != claim})


def with_header(**changes: Any) -> str:
    return signed(HEADER | changes, CLAIMS)


def unsigned(algorithm: str) -> str:
    header = json.dumps(HEADER | {"alg": algorithm}).encode()
    return f"{encoded(header)}.{encoded(json.dumps(CLAIMS).encode())}."


def hmac_with_public_key(form: bytes) -> str:
    """The classic: a verifier that lets the token choose HS256 takes the public key for the secret."""
    text = f"{encoded(json.dumps(HEADER | {'alg': 'HS256'}).encode())}.{encoded(json.dumps(CLAIMS).encode())}"
    return f"{text}.{encoded(hmac.digest(form, text.encode(), hashlib.sha256))}"


def raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def pem(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def attacker_jwk() -> dict[str, str]:
    return {"kty": "OKP", "crv": "Ed25519", "x": encoded(raw(OTHER_KEY.public_key())), "kid": KID}


def flipped(token: str, index: int) -> str:
    """The same token with one character of one part changed."""
    parts = token.split(".")
    middle = len(parts[index]) // 2
    other = "A" if parts[index][middle] != "A" else "B"
    parts[index] = parts[index][:middle] + other + parts[index][middle + 1 :]
    return ".".join(parts)


HONEST = SIGNER.sign(CLAIMS)
BODY, SIGNATURE = HONEST.rsplit(".", 1)

HOSTILE: dict[str, str] = {
    # The algorithm is ours to choose, not the token's.
    "alg none": unsigned("none"),
    "alg None": unsigned("None"),
    "alg nOnE": unsigned("nOnE"),
    "alg empty": unsigned(""),
    "alg none with the honest signature": f"{unsigned('none')}{SIGNATURE}",
    "alg missing": signed({"typ": "at+jwt", "kid": KID}, CLAIMS),
    "alg null": with_header(alg=None),
    "alg a list": with_header(alg=["EdDSA", "none"]),
    "alg in another spelling": with_header(alg="eddsa"),
    "alg Ed448": with_header(alg="Ed448"),
    "HS256 with the public key's bytes": hmac_with_public_key(raw(KEY.public_key())),
    "HS256 with the public key as PEM": hmac_with_public_key(pem(KEY.public_key())),
    "HS256 with the public key as text": hmac_with_public_key(SIGNER.public_keys()[0].x.encode()),
    "RS256": jwt.encode(CLAIMS, rsa.generate_private_key(65537, 2048), "RS256", {"kid": KID, "typ": "at+jwt"}),
    "ES256": jwt.encode(CLAIMS, ec.generate_private_key(ec.SECP256R1()), "ES256", {"kid": KID, "typ": "at+jwt"}),
    # The key is ours to choose too.
    "another key": signed(HEADER, CLAIMS, OTHER_KEY),
    "kid missing": signed({"alg": "EdDSA", "typ": "at+jwt"}, CLAIMS),
    "kid unknown": with_header(kid="unknown"),
    "kid empty": with_header(kid=""),
    "kid null": with_header(kid=None),
    "kid a number": with_header(kid=1),
    "kid a list": with_header(kid=[KID]),
    "kid a path": with_header(kid="../../../../dev/null"),
    "kid an SQL injection": with_header(kid=f"x' UNION SELECT '{KID}"),
    "kid with a NUL": with_header(kid=f"{KID}\x00"),
    "kid of a service": with_header(kid="content"),
    "jwk in the header": signed(HEADER | {"jwk": attacker_jwk()}, CLAIMS, OTHER_KEY),
    "jku in the header": signed(HEADER | {"jku": "http://127.0.0.1:9/keys.json"}, CLAIMS, OTHER_KEY),
    "x5u in the header": signed(HEADER | {"x5u": "http://127.0.0.1:9/chain.pem"}, CLAIMS, OTHER_KEY),
    "x5c in the header": signed(HEADER | {"x5c": [encoded(raw(OTHER_KEY.public_key()))]}, CLAIMS, OTHER_KEY),
    # A token made for something else is none of ours.
    "typ missing": signed({"alg": "EdDSA", "kid": KID}, CLAIMS),
    "typ JWT": with_header(typ="JWT"),
    "typ of a service's token": with_header(typ="svc+jwt"),
    "typ a list": with_header(typ=["at+jwt"]),
    "an opaque secret, such as an mfa_token": new_secret(),
    "a critical extension nobody knows": with_header(crit=["exp-ignored"], **{"exp-ignored": True}),
    "wrong iss": with_claims(iss="https://evil.example"),
    "iss of the mesh": with_claims(iss="littlemonster-mesh"),
    "iss missing": without("iss"),
    "iss a list": with_claims(iss=["littlemonster"]),
    "wrong aud": with_claims(aud="somebody else"),
    "aud of the mesh": with_claims(aud="littlemonster-mesh"),
    "aud missing": without("aud"),
    "aud a list with ours": with_claims(aud=["somebody else", "littlemonster"]),
    "sub missing": without("sub"),
    "sub a number": with_claims(sub=1),
    "sub null": with_claims(sub=None),
    "sub empty": with_claims(sub=""),
    "sub no uuid": with_claims(sub="ada"),
    "sub a uuid in capitals": with_claims(sub=ACCOUNT.id.upper()),
    "sub a uuid without hyphens": with_claims(sub=ACCOUNT.id.replace("-", "")),
    "sub with a nul": with_claims(sub=f"{ACCOUNT.id}\x00"),
    "sid missing": without("sid"),
    "sid empty": with_claims(sid=""),
    "sid a number": with_claims(sid=1),
    "role missing": without("role"),
    "role unknown": with_claims(role="ROOT"),
    "role of a service": with_claims(role="SERVICE"),
    "role in small letters": with_claims(role="admin"),
    "role a list": with_claims(role=["ADMIN"]),
    "aal 0": with_claims(aal=0),
    "aal 3": with_claims(aal=3),
    "aal true": with_claims(aal=True),
    "aal text": with_claims(aal="2"),
    "aal a fraction": with_claims(aal=2.0),
    "aal null": with_claims(aal=None),
    "aal a list": with_claims(aal=[2]),
    # Times.
    "expired": with_claims(exp=SECONDS - 1),
    "expires this second": with_claims(exp=SECONDS),
    "exp missing": without("exp"),
    "exp null": with_claims(exp=None),
    "exp text": with_claims(exp=str(SECONDS + 600)),
    "exp true": with_claims(exp=True),
    "exp not a number": signed(HEADER, json.dumps(CLAIMS | {"exp": float("nan")}).encode()),
    "not issued yet": with_claims(iat=SECONDS + 600),
    "iat missing": without("iat"),
    "iat text": with_claims(iat="now"),
    "not yet valid": with_claims(nbf=SECONDS + 600),
    # Damage.
    "no signature": f"{BODY}.",
    "signature cut": HONEST[:-2],
    "signature doubled": f"{HONEST}{SIGNATURE}",
    "signature of zeros": f"{BODY}.{encoded(bytes(64))}",
    "header changed": flipped(HONEST, 0),
    "payload changed": flipped(HONEST, 1),
    "signature changed": flipped(HONEST, 2),
    "two parts": BODY,
    "four parts": f"{HONEST}.{SIGNATURE}",
    "five parts": f"{HONEST}..{SIGNATURE}",
    "one part": BODY.split(".")[0],
    "empty": "",
    "dots": "..",
    "spaces inside": HONEST.replace(".", " . "),
    "no base64": "!!!.???.***",
    "beyond ASCII": f"{HONEST}é",
    "header no JSON": signed(b"{", CLAIMS),
    "header a list": signed(b"[]", CLAIMS),
    "header a number": signed(b"1", CLAIMS),
    "header no UTF-8": signed(b"\xff\xfe", CLAIMS),
    "payload no JSON": signed(HEADER, b"{"),
    "payload a list": signed(HEADER, b"[]"),
    "payload null": signed(HEADER, b"null"),
    "payload nested a thousand deep": signed(HEADER, b"[" * 1000 + b"]" * 1000),
    "a megabyte": "x" * 1_000_000,
    "a megabyte of dots": "." * 1_000_000,
}


@pytest.fixture
def verifier() -> TokenVerifier:
    """As in every service: auth's keys for people, the mesh's keys for services."""
    services = StaticKeys({"content": SERVICE_KEY.public_key()})
    return TokenVerifier(SIGNER.key_source(), services, now=lambda: float(SECONDS))


async def test_the_honest_token_is_accepted(verifier: TokenVerifier) -> None:
    assert await verifier.verify(HONEST) == Caller(ACCOUNT.id, Role.STUDENT, SESSION.id)


async def test_the_table_s_own_signing_is_honest(verifier: TokenVerifier) -> None:
    assert await verifier.verify(signed(HEADER, CLAIMS)) == Caller(ACCOUNT.id, Role.STUDENT, SESSION.id)


@pytest.mark.parametrize("token", HOSTILE.values(), ids=HOSTILE.keys())
async def test_a_hostile_token_is_refused_and_not_remembered(verifier: TokenVerifier, token: str) -> None:
    for _ in range(2):
        with pytest.raises(TokenInvalid):
            await verifier.verify(token)
        assert verifier.remembered(token) is None


async def test_how_well_the_bearer_is_known_is_told_and_is_the_least_where_it_is_not(verifier: TokenVerifier) -> None:
    proven = open_session(SESSION.id, ACCOUNT.id, "browser", NOW, Assurance.TWO_FACTORS)
    assert (await verifier.verify(SIGNER.sign(claims(ACCOUNT, proven, "another", NOW)))).aal == 2
    assert (await verifier.verify(HONEST)).aal == 1
    assert (await verifier.verify(without("aal"))).aal == 1


@pytest.mark.parametrize("header", ["jku", "x5u", "jwk"])
async def test_a_header_that_points_to_a_key_is_ignored_beside_a_good_signature(
    verifier: TokenVerifier, header: str
) -> None:
    token = with_header(**{header: "http://127.0.0.1:9/keys.json"})
    assert (await verifier.verify(token)).id == ACCOUNT.id


async def test_of_a_claim_given_twice_the_first_never_counts(verifier: TokenVerifier) -> None:
    """RFC 7519 §4: refuse, or take the last. An attacker cannot sign, so what matters is that all readers agree."""
    twice = json.dumps(CLAIMS)[:-1] + ', "role": "STUDENT"}'
    payload = twice.replace('"role": "STUDENT"', '"role": "ADMIN"', 1).encode()
    try:
        caller = await verifier.verify(signed(HEADER, payload))
    except TokenInvalid:
        return
    assert caller.role is Role.STUDENT


async def test_a_remembered_token_stops_working_when_it_expires() -> None:
    now = float(SECONDS)
    verifier = TokenVerifier(SIGNER.key_source(), StaticKeys({}), now=lambda: now)
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


async def test_a_service_s_key_does_not_sign_for_people_nor_for_other_services(verifier: TokenVerifier) -> None:
    assert (
        await verifier.verify(ServiceTokens("content", SERVICE_KEY, now=lambda: float(SECONDS)).token())
    ).role is Role.SERVICE
    person = signed(HEADER | {"kid": "content"}, CLAIMS, SERVICE_KEY)
    mesh = CLAIMS | {"iss": "littlemonster-mesh", "aud": "littlemonster-mesh", "sub": "auth"}
    other = signed({"alg": "EdDSA", "typ": "svc+jwt", "kid": "content"}, mesh, SERVICE_KEY)
    for token in (person, other):
        with pytest.raises(TokenInvalid):
            await verifier.verify(token)


async def test_auth_s_key_does_not_sign_for_services(verifier: TokenVerifier) -> None:
    mesh = CLAIMS | {"iss": "littlemonster-mesh", "aud": "littlemonster-mesh", "sub": "content"}
    for kid in (KID, "content"):
        with pytest.raises(TokenInvalid):
            await verifier.verify(signed({"alg": "EdDSA", "typ": "svc+jwt", "kid": kid}, mesh))


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
        return await SIGNER.key_source().key(kid)


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


def test_a_service_s_token_is_renewed_before_it_expires() -> None:
    now = float(SECONDS)
    service = ServiceTokens("content", SERVICE_KEY, now=lambda: now)
    first = service.token()
    assert service.token() == first
    now += tokens.SERVICE_LIFETIME_SECONDS / 2
    assert service.token() != first


async def test_a_token_of_an_ended_session_is_refused_also_when_it_was_remembered() -> None:
    revoked = RevokedSessions()
    services = StaticKeys({"content": SERVICE_KEY.public_key()})
    verifier = TokenVerifier(SIGNER.key_source(), services, revoked=revoked)
    another = with_claims(sid="0190b5c0-0000-7000-8000-000000000009")
    assert await verifier.verify(with_claims()) == verifier.remembered(with_claims())
    revoked.add(SESSION.id)
    with pytest.raises(SessionRevoked):
        verifier.remembered(with_claims())
    for _ in range(2):
        with pytest.raises(SessionRevoked):
            await verifier.verify(with_claims(jti="of the same session"))
    assert (await verifier.verify(another)).id == ACCOUNT.id
    assert await verifier.verify(ServiceTokens("content", SERVICE_KEY).token()) == Caller.service("content")
