"""The state folder holds one mesh at a time and keeps its secrets to its owner."""

import asyncio
import json
import stat
import sys

import jwt
import pytest

from local_mesh import keys
from local_mesh.errors import AlreadyRunning, DiskFull, MeshError
from local_mesh.home import Home


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path / "home")
    home.make()
    return home


def test_a_second_mesh_on_the_same_folder_is_refused_with_the_firsts_process_id(home):
    with home.locked():
        assert home.is_running()
        with pytest.raises(AlreadyRunning, match=r"already runs on .* \(process \d+\)"), home.locked():
            pass


def test_the_folder_is_free_again_after_the_mesh(home):
    with home.locked():
        pass
    assert not home.is_running()


_HOLDS = """
import sys, time
from pathlib import Path
from local_mesh.home import Home
with Home(Path(sys.argv[1])).locked():
    print("held", flush=True)
    time.sleep(60)
"""


async def test_a_killed_mesh_does_not_keep_the_folder(home):
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _HOLDS, home.root, stdout=asyncio.subprocess.PIPE
    )
    await holder.stdout.readline()
    assert home.is_running()
    holder.kill()
    await holder.wait()
    with home.locked():
        assert home.is_running()


def test_what_was_published_is_forgotten_with_the_run(home):
    with home.locked():
        home.publish("mesh", {"gateway": "http://127.0.0.1:1"})
        assert home.published("mesh") == {"gateway": "http://127.0.0.1:1"}
    assert home.published("mesh") is None


def test_a_full_disk_is_said_before_anything_starts(home):
    with pytest.raises(DiskFull, match="Free some space there, or set LM_HOME"):
        home.make(needed_megabytes=10**9)


def test_a_folder_that_cannot_be_made_is_said_with_its_remedy(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MeshError, match="Set LM_HOME to a folder of yours"):
        Home(tmp_path / "file" / "home").make()


@pytest.mark.usefixtures("ordinary_rights")
def test_a_folder_of_somebody_else_is_said_with_its_remedy(short_folder):
    home = Home(short_folder / "home")
    home.make()
    home.mail.chmod(0o500)
    with pytest.raises(MeshError, match=r"mail may not be read and written by you. .*sudo chown"):
        home.make()


def test_a_damaged_key_is_named_with_its_remedy(home):
    keys.make_keys(home.keys, ["auth"])
    keys.key_file(home.keys, "auth").write_text("\n")
    with pytest.raises(MeshError, match=r"auth\.pem holds no Ed25519 key\. Put it back from a backup, or delete it"):
        keys.make_keys(home.keys, ["auth"])


def test_each_service_signs_with_its_own_key_and_all_know_the_public_ones(home):
    keys.make_keys(home.keys, ["auth", "content"])
    token = jwt.encode({"sub": "content"}, keys.key_file(home.keys, "content").read_text(), algorithm="EdDSA")
    public = {key["kid"]: jwt.PyJWK(key) for key in json.loads((home.keys / keys.PUBLIC_KEYS).read_text())["keys"]}
    assert jwt.decode(token, public["content"], algorithms=["EdDSA"]) == {"sub": "content"}
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token, public["auth"], algorithms=["EdDSA"])


def test_keys_stay_the_same_over_restarts_and_are_readable_by_their_owner_only(home):
    keys.make_keys(home.keys, ["auth"])
    first = keys.key_file(home.keys, "auth").read_text()
    keys.make_keys(home.keys, ["auth"])
    assert keys.key_file(home.keys, "auth").read_text() == first
    modes = {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in home.keys.rglob("*")}
    assert modes == {(False, 0o600), (True, 0o700)}
