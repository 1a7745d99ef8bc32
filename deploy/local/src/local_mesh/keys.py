"""The keys of a mesh: one per service for its calls to others, a folder of those that sign users' tokens, auth's vault key."""

import base64
import json
import secrets
from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from local_mesh.credentials import Credentials
from local_mesh.errors import MeshError
from local_mesh.servers.nats import write_private

SIGNING_KEYS = "signing"
PUBLIC_KEYS = "services.jwks.json"
VAULT_KEY = "vault.key"


def make_keys(folder: Path, services: Iterable[str]) -> None:
    """Make the keys that are missing (PEM, PKCS 8, mode 0600) and write the services' public keys (JWKS, RFC 8037).

    Raises MeshError for a file that holds no key.
    """
    if not any((folder / SIGNING_KEYS).glob("*.pem")):
        _key(folder / SIGNING_KEYS, "first")
    Credentials(folder).write(VAULT_KEY, base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
    public = [_jwk(name, _key(folder, name)) for name in services]
    write_private(folder / PUBLIC_KEYS, json.dumps({"keys": public}, indent=2))


def key_file(folder: Path, name: str) -> Path:
    """Where a private key lies."""
    return folder / f"{name}.pem"


def _key(folder: Path, name: str) -> Ed25519PrivateKey:
    path = key_file(folder, name)
    if not path.exists():
        pem = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        Credentials(folder).write(path.name, pem.decode())
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise MeshError(
            f"{path} holds no Ed25519 key. Put it back from a backup, or delete it: the next start makes another."
        )
    return key


def _jwk(name: str, key: Ed25519PrivateKey) -> dict[str, str]:
    raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    x = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    return {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": name, "x": x}
