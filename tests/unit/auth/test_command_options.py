"""What operators may type behind the commands: numbers that make no sense are named, with what would."""

import re
from pathlib import Path

import pytest

from auth_service.commands import audit, keys
from auth_service.domain.audit import Link

HASH = "0f" * 32


@pytest.mark.parametrize(("text", "minutes"), [("0", 0), ("0.1", 0.1), ("15", 15), ("43200", 43_200)])
def test_a_key_begins_to_sign_within_thirty_days(text: str, minutes: float) -> None:
    assert keys.parse(["rotate", "--after", text], "lm keys").after == minutes


@pytest.mark.parametrize(
    "text", ["nan", "inf", "-inf", "-1", "-0.001", "43201", "1e400", "soon", "", "\x00", "9" * 5000]
)
def test_a_time_that_is_none_is_named(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        keys.parse(["rotate", f"--after={text}"], "lm keys")
    assert refused.value.code == 2
    assert "is no number of minutes from 0 to 43200 (30 days)" in capsys.readouterr().err


@pytest.mark.parametrize("kid", [f"-{'a' * 42}", f"--{'0' * 41}", f"-h{'_' * 41}", "a" * 43])
def test_a_key_is_retired_by_its_id_also_when_that_begins_with_a_dash(kid: str) -> None:
    assert keys.parse(["--folder", "keys", "retire", kid], "lm keys").kid == kid
    assert keys.parse(["retire", "--", kid], "lm keys").kid == kid


def test_keys_are_retired_without_an_id_too() -> None:
    assert keys.parse(["retire"], "lm keys").kid is None


def test_a_position_and_an_anchor_are_read() -> None:
    options = audit.parse(["verify", "--from", "12", "--anchor", f"7:{HASH}"], "lm audit")
    assert (options.first, options.anchor) == (12, Link(7, "", bytes.fromhex(HASH)))
    assert audit.parse(["verify"], "lm audit").first == 1


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "nan", "first", "", "\u00b2", str(2**63), "9" * 5000])
def test_a_position_that_is_none_is_named(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    for option in (f"--from={text}", f"--anchor={text}:{HASH}"):
        with pytest.raises(SystemExit) as refused:
            audit.parse(["verify", option], "lm audit")
        assert refused.value.code == 2
        assert "is no position: they are whole numbers from 1 on" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["7", "7:", f"7:{HASH[:-1]}", f"7:{HASH}00", "7:" + "zz" * 32])
def test_an_anchor_that_is_none_is_named(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        audit.parse(["verify", "--anchor", text], "lm audit")
    assert refused.value.code == 2
    assert "is no POSITION:HASH as an earlier run printed it" in capsys.readouterr().err


async def test_a_folder_of_keys_that_cannot_be_written_is_said_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "keys"
    file.write_text("")
    assert await keys.run(None, keys.parse(["--folder", str(file), "rotate"], "lm keys")) == 1
    assert re.fullmatch(rf"{file}\S* cannot be used \(.+\)\. Free some space there, .+\n", capsys.readouterr().err)
