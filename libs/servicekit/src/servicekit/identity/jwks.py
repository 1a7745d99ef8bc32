"""JSON Web Keys (RFC 7517) of the one kind that is taken: Ed25519 public keys (RFC 8037) that verify signatures."""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_KIND = {"kty": "OKP", "crv": "Ed25519"}
_PURPOSE = {"use": "sig", "alg": "EdDSA"}


def key_set(keys: Iterable[object]) -> dict[str, Ed25519PublicKey]:
    """The keys by their `kid`. Raises ValueError when one is of another kind or private, or when two have the same `kid`."""
    found: dict[str, Ed25519PublicKey] = {}
    for key in keys:
        if not isinstance(key, Mapping) or not verifies(key):
            raise ValueError("a JWK is no Ed25519 public key for verifying")
        kid = key.get("kid")
        if not isinstance(kid, str) or not kid or kid in found:
            raise ValueError("a JWK has no kid of its own")
        found[kid] = public_key(key.get("x"))
    return found


def verifies(key: Mapping[str, object]) -> bool:
    """Whether the JWK says of itself that it is of the kind taken here; what it does not say of its purpose is allowed."""
    kind = all(key.get(name) == value for name, value in _KIND.items())
    purpose = all(key.get(name, value) == value for name, value in _PURPOSE.items())
    operations = key.get("key_ops", ["verify"])
    return kind and purpose and operations == ["verify"] and "d" not in key


def public_key(x: object) -> Ed25519PublicKey:
    """The key from a JWK's `x`: 32 bytes, base64url without padding, in their one spelling. Raises ValueError."""
    raw = base64.urlsafe_b64decode(f"{x}=".encode("ascii"))
    if _base64url(raw) != x:
        raise ValueError("a JWK's x is not base64url")
    return Ed25519PublicKey.from_public_bytes(raw)


def jwk(key: Ed25519PublicKey, kid: str = "") -> dict[str, str]:
    """The public key as a JSON Web Key; `kid` is its RFC 7638 thumbprint when not given."""
    x = _base64url(key.public_bytes(Encoding.Raw, PublicFormat.Raw))
    return {**_KIND, "x": x, "kid": kid or _thumbprint(x), **_PURPOSE}


def _thumbprint(x: str) -> str:
    members = json.dumps({"crv": "Ed25519", "kty": "OKP", "x": x}, separators=(",", ":"))
    return _base64url(hashlib.sha256(members.encode()).digest())


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
