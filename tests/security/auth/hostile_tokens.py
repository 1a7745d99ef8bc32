"""A table of hostile access tokens, by what is wrong with them, and how each is made."""

import base64
import hashlib
import hmac
import json
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from auth_service.clients.signing import Ed25519Signer
from auth_service.domain.access_tokens import claims
from auth_service.domain.accounts import Registration, open_account
from auth_service.domain.secrets import new_secret
from auth_service.domain.sessions import open_session
from servicekit.clock import utc_now

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


def with_twice(claim: str, first: str, last: str) -> str:
    """Signed, with one claim given two times."""
    return signed(HEADER, f"{json.dumps(CLAIMS | {claim: first})[:-1]}, {json.dumps({claim: last})[1:]}".encode())


def with_two_algorithms(first: str, last: str) -> str:
    """Unsigned, with two algorithms in its header: readers may differ in which counts."""
    header = json.dumps(HEADER | {"alg": first})[:-1] + f', "alg": "{last}"}}'
    return f"{encoded(header.encode())}.{encoded(json.dumps(CLAIMS).encode())}."


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

ALGORITHMS: dict[str, str] = {
    "alg none": unsigned("none"),
    "alg None": unsigned("None"),
    "alg nOnE": unsigned("nOnE"),
    "alg empty": unsigned(""),
    "alg none with the honest signature": f"{unsigned('none')}{SIGNATURE}",
    "alg missing": signed({"typ": "at+jwt", "kid": KID}, CLAIMS),
    "alg null": with_header(alg=None),
    "alg a list": with_header(alg=["EdDSA", "none"]),
    "alg given twice, none last": with_two_algorithms("EdDSA", "none"),
    "alg given twice, none first": with_two_algorithms("none", "EdDSA"),
    "alg in another spelling": with_header(alg="eddsa"),
    "alg Ed448": with_header(alg="Ed448"),
    "HS256 with the public key's bytes": hmac_with_public_key(raw(KEY.public_key())),
    "HS256 with the public key as PEM": hmac_with_public_key(pem(KEY.public_key())),
    "HS256 with the public key as text": hmac_with_public_key(SIGNER.public_keys()[0].x.encode()),
    "RS256": jwt.encode(CLAIMS, rsa.generate_private_key(65537, 2048), "RS256", {"kid": KID, "typ": "at+jwt"}),
    "ES256": jwt.encode(CLAIMS, ec.generate_private_key(ec.SECP256R1()), "ES256", {"kid": KID, "typ": "at+jwt"}),
}
"""The algorithm is ours to choose, not the token's."""

KEYS: dict[str, str] = {
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
    "kid given twice": signed(
        json.dumps(HEADER | {"kid": "unknown"})[:-1].encode() + f', "kid": "{KID}"}}'.encode(), CLAIMS
    ),
    "kid of a service": with_header(kid="content"),
    "jwk in the header": signed(HEADER | {"jwk": attacker_jwk()}, CLAIMS, OTHER_KEY),
    "jku in the header": signed(HEADER | {"jku": "http://127.0.0.1:9/keys.json"}, CLAIMS, OTHER_KEY),
    "x5u in the header": signed(HEADER | {"x5u": "http://127.0.0.1:9/chain.pem"}, CLAIMS, OTHER_KEY),
    "x5c in the header": signed(HEADER | {"x5c": [encoded(raw(OTHER_KEY.public_key()))]}, CLAIMS, OTHER_KEY),
}
"""The key is ours to choose too."""

CLAIMED: dict[str, str] = {
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
    "role given twice, the greater last": with_twice("role", "STUDENT", "ADMIN"),
    "role given twice, the greater first": with_twice("role", "ADMIN", "STUDENT"),
    "sub given twice, the same": with_twice("sub", ACCOUNT.id, ACCOUNT.id),
    "aal 0": with_claims(aal=0),
    "aal 3": with_claims(aal=3),
    "aal true": with_claims(aal=True),
    "aal text": with_claims(aal="2"),
    "aal a fraction": with_claims(aal=2.0),
    "aal null": with_claims(aal=None),
    "aal a list": with_claims(aal=[2]),
}
"""A token made for something else is none of ours; nor one that says of its bearer what auth never says."""

TIMES: dict[str, str] = {
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
    "nbf null": with_claims(nbf=None),
    "nbf text": with_claims(nbf=str(SECONDS)),
    "nbf not a number": signed(HEADER, json.dumps(CLAIMS | {"nbf": float("nan")}).encode()),
}
"""Each is signed well, and not now."""

DAMAGE: dict[str, str] = {
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
"""What a cable, a copy or a curious pupil makes of an honest token."""

HOSTILE = ALGORITHMS | KEYS | CLAIMED | TIMES | DAMAGE
