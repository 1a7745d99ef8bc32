"""Statements are compiled once and bound exactly."""

from dataclasses import dataclass

import pytest
from psycopg.types.json import Jsonb
from sqlalchemy import Column, Integer, MetaData, Table, Text, bindparam, insert, select
from sqlalchemy.dialects.postgresql import JSONB

from servicekit.database import compile_command, compile_statement

SHELVES = Table("shelves", MetaData(), Column("id", Integer), Column("label", Text), Column("labels", JSONB))


@dataclass(frozen=True, slots=True)
class Shelf:
    id: int
    label: str


BY_ID = compile_statement(
    select(SHELVES.c.id, SHELVES.c.label).where(SHELVES.c.id == bindparam("shelf"), SHELVES.c.label != "lost").limit(5),
    Shelf,
)


def test_values_stand_beside_the_text_and_never_in_it() -> None:
    assert "lost" not in BY_ID.sql
    assert "%(shelf)s" in BY_ID.sql
    assert {**BY_ID.bind({"shelf": 7})}.items() >= {"shelf": 7, "label_1": "lost"}.items()


@pytest.mark.parametrize("given", [{}, {"shelf": 1, "shelve": 2}, {"shelve": 1}, {"shelf": 1, "label_1": "lost"}])
def test_a_parameter_missing_or_unknown_is_a_bug(given: dict[str, object]) -> None:
    with pytest.raises(TypeError, match="statement wants \\['shelf'\\]"):
        BY_ID.bind(given)


def test_json_is_wrapped_for_the_driver_given_or_constant() -> None:
    given = compile_command(insert(SHELVES).values(id=bindparam("id"), labels=bindparam("labels")))
    bound = given.bind({"id": 1, "labels": {"a": [1]}})
    assert isinstance(bound["labels"], Jsonb)
    assert bound["labels"].obj == {"a": [1]}
    constant = compile_command(insert(SHELVES).values(id=bindparam("id"), labels={"b": 2}))
    assert constant.bind({"id": 1})["labels"].obj == {"b": 2}


def test_binding_leaves_what_was_given_alone() -> None:
    statement = compile_command(insert(SHELVES).values(labels=bindparam("labels")))
    given = {"labels": {"a": 1}}
    statement.bind(given)
    assert given == {"labels": {"a": 1}}
