"""The keys that encrypt one-time-code secrets are read from a file of their owner's alone, or not at all."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from auth_service.clients.vault import FernetVault
from local_mesh import keys
from servicekit.identity.keys import KeyFileInvalid


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Two keys, one a line."""
    path = tmp_path / "vault.key"
    path.write_text("".join(f"{Fernet.generate_key().decode()}\n" for _ in range(2)))
    path.chmod(0o600)
    return path


def test_a_file_of_its_owner_s_alone_is_read(file: Path) -> None:
    vault = FernetVault.from_file(file)
    assert vault.open(vault.seal("secret", "ada"), "ada") == "secret"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_file_that_others_may_read_or_write_is_refused(file: Path, mode: int) -> None:
    file.chmod(mode)
    with pytest.raises(KeyFileInvalid, match="chmod 600"):
        FernetVault.from_file(file)


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 44, b"\xff\xfe" * 30, b"-----BEGIN PRIVATE KEY-----"])
def test_a_file_with_something_else_is_refused_without_telling_what(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(KeyFileInvalid) as refusal:
        FernetVault.from_file(file)
    assert len(content) < 10 or content.decode(errors="replace") not in str(refusal.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyFileInvalid, match="cannot be read"):
        FernetVault.from_file(tmp_path / "vault.key")


def test_the_local_mesh_makes_one_and_keeps_it(tmp_path: Path) -> None:
    keys.make_keys(tmp_path, ["auth"])
    sealed = FernetVault.from_file(tmp_path / keys.VAULT_KEY).seal("secret", "ada")
    keys.make_keys(tmp_path, ["auth"])
    assert FernetVault.from_file(tmp_path / keys.VAULT_KEY).open(sealed, "ada") == "secret"
