"""What CONTRIBUTING asks of every source file, as far as it can be counted."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FOLDERS = ("libs/servicekit", "services", "gateway", "deploy", "docs", "protos", "tests")
SOURCES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
MOST_LINES = 300
_IGNORE = re.compile(r"#\s*(?:noqa|type:\s*ignore)\b.*")
_WITH_REASON = re.compile(r"# (?:noqa: [A-Z]+\d+(?:, [A-Z]+\d+)*|type: ignore\[[a-z-]+(?:, [a-z-]+)*\]) +[#-] \S.*")


def without_reason(line: str) -> bool:
    return any(not _WITH_REASON.fullmatch(ignore) for ignore in _IGNORE.findall(line))


def places(path: Path) -> Iterator[str]:
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        if without_reason(line):
            yield f"{path.relative_to(ROOT)}:{number}"


def test_an_ignore_names_what_it_ignores_and_says_why() -> None:
    assert SOURCES
    assert [place for path in SOURCES if path != Path(__file__) for place in places(path)] == []


@pytest.mark.parametrize(
    "line",
    [
        "import a  # noqa",
        "import a  # noqa: F401",
        "import a  # noqa: F401  #",
        "import a  # type: ignore",
        "import a  # type: ignore  # it ships no types",
        "import a  # type: ignore[import-untyped]",
    ],
)
def test_an_ignore_without_a_reason_would_be_seen(line: str) -> None:
    assert without_reason(line)


@pytest.mark.parametrize("line", ["a = b  # noqa: S101, S102  # as above", "a = b  # type: ignore[misc]  # x", "a = b"])
def test_what_has_its_reason_is_let_be(line: str) -> None:
    assert not without_reason(line)


def test_a_file_of_more_than_three_hundred_lines_is_two() -> None:
    assert [str(path.relative_to(ROOT)) for path in SOURCES if len(path.read_text().splitlines()) > MOST_LINES] == []
