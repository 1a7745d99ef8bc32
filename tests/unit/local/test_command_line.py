"""What `lm` says of itself."""

import re
import sys

import pytest

from local_mesh import cli


@pytest.fixture
def lm(monkeypatch, capsys):
    """Runs the command; returns how it ended and what it printed."""
    monkeypatch.setenv("GRPC_ENABLE_FORK_SUPPORT", "false")  # which the command sets for its process

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["lm", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return ended.value.code, "".join(capsys.readouterr())

    return run


def test_every_command_explains_itself(lm):
    code, said = lm("--help")
    commands = re.findall(r"^    (\w+) ", said, re.MULTILINE)
    assert (code, {"up", "demo", "backup", "keys"} <= set(commands)) == (0, True)
    for command in commands:
        code, said = lm(command, "--help")
        assert (code, said.startswith(f"usage: lm {command}")) == (0, True), said


def test_what_follows_a_command_reaches_it_as_it_stands(lm):
    assert lm("backup", "create", "--keep", "-1")[1].startswith("usage: lm backup create")
    assert lm("keys", "rotate", "--help")[1].startswith("usage: lm keys rotate")


def test_it_says_which_version_it_is(lm):
    code, said = lm("--version")
    assert (code, bool(re.fullmatch(r"lm \d+\.\d+\.\d+\n", said))) == (0, True), said


def test_without_a_command_it_says_which_there_are(lm):
    code, said = lm()
    assert (code, "run the mesh in the foreground" in said, "$LM_HOME" in said) == (2, True, True)


def test_help_fits_a_terminal_of_eighty_columns(lm, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    for command in ("--help", "up --help", "status --help", "demo --help"):
        code, said = lm(*command.split())
        assert (code, [line for line in said.splitlines() if len(line) > 80]) == (0, [])


def test_a_demo_of_a_subject_that_there_is_not_says_which_there_are_before_anything_starts(lm, monkeypatch, tmp_path):
    monkeypatch.setenv("LM_HOME", str(tmp_path / "home"))
    code, said = lm("demo", "--subject", "magic")
    assert (code, said.startswith("lm: There is no subject MAGIC. Choose one of MATH, ")) == (1, True)
    assert not (tmp_path / "home").exists()


def test_a_folder_of_backups_that_does_not_exist_is_not_taken_for_an_empty_one(lm, tmp_path):
    code, said = lm("backup", "list", str(tmp_path / "backup"))
    assert (code, said.startswith(f"lm: There is no folder {tmp_path / 'backup'}.")) == (1, True)


def test_one_archive_is_not_counted_as_several(lm, tmp_path):
    (tmp_path / "littlemonster-20261126T060023Z.tar").touch()
    code, said = lm("backup", "list", str(tmp_path))
    assert (code, said.endswith(f"\n1 archive in {tmp_path}\n")) == (0, True), said


def test_a_command_that_does_not_exist_is_refused(lm):
    code, said = lm("bakcup", "create")
    assert (code, "invalid choice: 'bakcup'" in said) == (2, True)


def test_a_file_that_cannot_be_used_is_said_in_a_sentence(lm, monkeypatch, tmp_path):
    monkeypatch.setenv("LM_HOME", str(tmp_path))
    lock = tmp_path / "run" / "lock"
    lock.mkdir(parents=True)
    code, said = lm("up")
    assert (code, said.startswith(f"lm: {lock} cannot be used (Is a directory). ")) == (1, True), said
