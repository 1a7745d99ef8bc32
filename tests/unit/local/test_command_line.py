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


def test_a_command_that_does_not_exist_is_refused(lm):
    code, said = lm("bakcup", "create")
    assert (code, "invalid choice: 'bakcup'" in said) == (2, True)
