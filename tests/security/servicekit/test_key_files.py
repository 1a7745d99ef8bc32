"""Key files: what others may read, what is no key, and what is missing stops the start with one clear line."""

import json
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from servicekit.identity.jwks import jwk
from servicekit.identity.keys import KeyFileInvalid, StaticKeys, private_key

KEY = Ed25519PrivateKey.generate()
PLAIN = NoEncryption()


def pem(key: Ed25519PrivateKey | ec.EllipticCurvePrivateKey, encryption: KeySerializationEncryption = PLAIN) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "key.pem"
    path.touch(mode=0o600)
    path.write_bytes(pem(KEY))
    return path


def test_a_file_only_its_owner_reads_gives_its_key(file: Path) -> None:
    assert private_key(file).public_key() == KEY.public_key()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610, 0o601, 0o602, 0o777])
def test_a_key_that_others_may_read_write_or_run_is_refused(file: Path, mode: int) -> None:
    os.chmod(file, mode)
    with pytest.raises(KeyFileInvalid, match="chmod 600"):
        private_key(file)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not PEM",
        pem(KEY)[:-40],
        pem(ec.generate_private_key(ec.SECP256R1())),
        pem(KEY, BestAvailableEncryption(b"password")),
        b"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----\n",
    ],
    ids=["empty", "text", "cut", "another curve", "encrypted", "public"],
)
def test_a_file_that_holds_something_else_is_refused_without_showing_it(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(KeyFileInvalid, match=r"key\.pem does not hold an Ed25519 key\. Make one") as refused:
        private_key(file)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_a_missing_file_or_a_folder_is_named(file: Path) -> None:
    for path in (file.with_name("missing.pem"), file.parent):
        with pytest.raises(KeyFileInvalid, match=f"{path} cannot be read"):
            private_key(path)


async def test_a_key_set_gives_each_key_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": [jwk(KEY.public_key(), "content")]}))
    assert await StaticKeys.from_file(file).key("content") == KEY.public_key()


NO_SETS = ["", "{", "[]", "{}", '{"keys": 1}', '{"keys": [{"kid": "a"}]}', '{"keys": [{"kid": "a", "x": "!"}]}']


@pytest.mark.parametrize("text", NO_SETS)
def test_a_file_that_is_no_key_set_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "keys.json"
    file.write_text(text)
    with pytest.raises(KeyFileInvalid, match=r"keys\.json is not a readable JSON Web Key Set"):
        StaticKeys.from_file(file)
