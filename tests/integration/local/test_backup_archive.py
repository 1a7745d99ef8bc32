"""An archive is whole or it is not there, and what is not as it was written is refused with what to do."""

import asyncio
import hashlib
import signal
import stat
import subprocess
import sys
import tarfile

import pytest

from local_mesh.backup.archive import archives, sweep, writing
from local_mesh.backup.command import parse
from local_mesh.backup.errors import Damaged, NoArchive, NotUnpacked, NotWritten, TooNew
from local_mesh.backup.manifest import Database, Manifest
from local_mesh.backup.progress import Narrator
from local_mesh.backup.reader import extract, read_manifest, verify
from local_mesh.backup.restore import restore
from local_mesh.settings import MeshSettings

CONTENT = b"a film " * 5000


def heard(size):
    """Nobody looks at the progress."""


def manifest(files, **changes):
    facts = {"version": "0.1.0", "postgres": "18.4", "moment": "2026-11-25T21:07:20Z", "bucket": ""}
    facts |= {"finish_time": "2026-11-25T21:07:21Z", "databases": {"auth": Database("0001", 9)}}
    return Manifest(**facts | {"events": 0, "dead_letters": 0, "files": files} | changes)


@pytest.fixture
def write(tmp_path):
    def write(name="littlemonster-20261125T210720Z.tar", **changes):
        (tmp_path / "film").write_bytes(CONTENT)
        with writing(tmp_path / name, heard) as writer:
            for path in ("media/1/video.mp4", "keys/signing/first.pem"):
                writer.add(path, tmp_path / "film")
            writer.finish(manifest(writer.files, **changes))
        return tmp_path / name

    return write


def test_what_is_written_can_be_read_and_put_where_it_belongs(write, tmp_path):
    archive = write()
    assert verify(archive, heard).databases == {"auth": Database("0001", 9)}
    extract(archive, {"media": tmp_path / "shown", "keys": tmp_path / "kept"}, heard)
    assert (tmp_path / "shown/1/video.mp4").read_bytes() == CONTENT
    key = tmp_path / "kept/signing/first.pem"
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (archive, key)}
    assert modes == {0o600}
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700


def test_other_programs_can_read_it_and_check_its_manifest(write, tmp_path):
    subprocess.run(["tar", "--extract", f"--file={write()}"], cwd=tmp_path, check=True)
    subprocess.run(["sha256sum", "--check", "manifest.json.sha256"], cwd=tmp_path, check=True, capture_output=True)
    (file, *_) = read_manifest(archives(tmp_path)[0]).files.values()
    assert (file.size, file.sha256) == (len(CONTENT), hashlib.sha256(CONTENT).hexdigest())


@pytest.mark.parametrize("at", [700, 40_000, -11_000])
def test_one_changed_byte_anywhere_is_found(write, at):
    archive = write()
    content = bytearray(archive.read_bytes())
    content[at] ^= 1
    archive.write_bytes(content)
    with pytest.raises(Damaged, match=r"is damaged: .*Nothing was changed; take another backup"):
        verify(archive, heard)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.8])
def test_an_archive_that_was_cut_off_is_found(write, share):
    archive = write()
    content = archive.read_bytes()
    archive.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(Damaged):
        verify(archive, heard)


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "keys/unknown.pem", "keys/signing/first.pem"])
def test_a_file_that_its_manifest_does_not_speak_of_is_refused(write, tmp_path, name):
    archive = write()
    (tmp_path / "film").write_bytes(b"changed")
    with tarfile.open(archive, "a") as tar:
        tar.add(tmp_path / "film", arcname=name)
        tar.members[-1].name = name
    with tarfile.open(archive) as tar:
        assert len(tar.getnames()) == 5
    with pytest.raises(Damaged):
        verify(archive, heard)


REACHING = [
    "media/../../outside",
    "/media/outside",
    "media//outside",
    "media/./x",
    "./media/x",
    "media/x/",
    "media/x\0y",
    "",
]


@pytest.mark.parametrize("path", REACHING)
def test_an_archive_that_reaches_outside_is_refused_although_its_sums_agree(tmp_path, path):
    (tmp_path / "film").write_bytes(CONTENT)
    with writing(tmp_path / "littlemonster-1.tar", heard) as writer:
        writer.add(path, tmp_path / "film")
        writer.finish(manifest(writer.files))
    with pytest.raises(Damaged):
        verify(tmp_path / "littlemonster-1.tar", heard)


def test_nothing_is_written_outside_whether_or_not_it_was_verified(tmp_path):
    (tmp_path / "film").write_bytes(CONTENT)
    with writing(tmp_path / "littlemonster-1.tar", heard) as writer:
        writer.add(f"media/{tmp_path}/outside", tmp_path / "film")
        writer.finish(manifest(writer.files))
    with pytest.raises(Damaged, match="would lie outside"):
        extract(tmp_path / "littlemonster-1.tar", {"media": tmp_path / "inside"}, heard)
    assert not (tmp_path / "outside").exists()


def test_what_a_newer_version_made_is_refused_with_its_version(write):
    with pytest.raises(TooNew, match=r"made by version 9\.0\.0.*Install that version first"):
        verify(write(version="9.0.0", format=2), heard)


async def test_a_database_of_a_later_migration_is_refused_before_anything_is_touched(write, tmp_path):
    archive, home = write(databases={"auth": Database("9999", 1)}), tmp_path / "home"
    with pytest.raises(TooNew, match="the database auth stands at 9999"):
        await restore(MeshSettings(home=home), archive, Narrator(), force=True)
    assert not await asyncio.to_thread(home.exists)


def test_what_cannot_be_unpacked_is_not_taken_for_damage(write, tmp_path):
    (tmp_path / "shown").write_text("a file where a folder should be")
    with pytest.raises(NotUnpacked, match="Nothing was replaced"):
        extract(write(), {"media": tmp_path / "shown"}, heard)


def test_a_missing_archive_is_said_with_where_to_look(tmp_path):
    with pytest.raises(NoArchive, match="`lm backup list` shows"):
        verify(tmp_path / "none.tar", heard)


def test_nothing_is_left_of_an_archive_that_fails(tmp_path):
    with pytest.raises(ZeroDivisionError), writing(tmp_path / "littlemonster-1.tar", heard):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(NotWritten, match="choose a folder by --to"), writing(tmp_path / "none" / "a.tar", heard):
        pass


def test_an_archive_of_the_same_name_is_not_written_over(write):
    archive = write()
    before = archive.read_bytes()
    with pytest.raises(NotWritten, match="is there already"):
        write()
    assert archive.read_bytes() == before


_WRITES = """
import sys, time
from pathlib import Path
from local_mesh.backup.archive import writing
with writing(Path(sys.argv[1]), lambda size: None) as writer:
    writer.add("keys/film", Path(sys.argv[2]))
    print("writing", flush=True)
    time.sleep(60)
"""


async def test_what_a_killed_backup_left_is_swept_and_what_a_living_one_writes_is_not(tmp_path):
    (tmp_path / "film").write_bytes(CONTENT)
    command = (sys.executable, "-c", _WRITES, str(tmp_path / "littlemonster-1.tar"), str(tmp_path / "film"))
    writer = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    await writer.stdout.readline()
    sweep(tmp_path)
    partial = tmp_path / ".littlemonster-1.tar.partial"
    assert partial.exists()
    writer.send_signal(signal.SIGKILL)
    await writer.wait()
    assert archives(tmp_path) == []
    sweep(tmp_path)
    assert not partial.exists()


def test_the_newest_archive_comes_first(write, tmp_path):
    made = [write(f"littlemonster-2026112{day}T210720Z.tar") for day in (4, 6, 5)]
    assert archives(tmp_path) == [made[1], made[2], made[0]]


@pytest.mark.parametrize("keep", ["0", "-1", "some"])
def test_keeping_no_archive_is_refused(keep, capsys):
    with pytest.raises(SystemExit):
        parse(["create", "--keep", keep], "lm backup")
    assert "is not a whole number above 0" in capsys.readouterr().err
