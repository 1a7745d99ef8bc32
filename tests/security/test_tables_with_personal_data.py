"""Whoever adds a table says what becomes of it when an account is erased or exported."""

import re
from importlib import import_module
from pathlib import Path

import pytest

PAGE = Path("docs/decisions/0013-erasure-and-export.md").read_text()
DECIDED = set(re.findall(r"`([a-z]+|\*)\.([a-z_]+)`", "\n".join(re.findall(r"^\| `[^|]+", PAGE, re.MULTILINE))))


@pytest.mark.parametrize("service", ["auth", "content", "community", "planner"])
def test_every_table_stands_in_the_decision_on_erasure(service: str) -> None:
    tables = set(import_module(f"{service}_service.tables").METADATA.tables)
    undecided = {table for table in tables if not {(service, table), ("*", table)} & DECIDED}
    assert undecided == set(), (
        f"Decide how {sorted(undecided)} are erased and handed out: add them to docs/decisions/0013-erasure-and-export.md "
        f"and, when they hold anything of a person, to {service}_service/storage/personal_data.py and its tests."
    )


def test_every_table_that_was_decided_on_exists() -> None:
    for service, table in DECIDED - {("*", name) for _, name in DECIDED}:
        assert table in import_module(f"{service}_service.tables").METADATA.tables
