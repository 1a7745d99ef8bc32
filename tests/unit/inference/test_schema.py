"""Which schemas answers can follow, and why others are refused."""

import json
from typing import Any

import pytest

from inference_service.domain.schema import DEEPEST, compile_schema
from inference_service.engine.answers import objection
from inference_service.engine.gbnf import grammar
from inference_service.errors import SchemaRefused


def _nested(levels: int) -> dict[str, Any]:
    return {"type": "array", "items": _nested(levels - 1)} if levels > 1 else {"type": "null"}


def test_a_schema_becomes_canonical() -> None:
    schema = {
        "type": "object",
        "title": "Lesson",
        "properties": {"n": {"type": "integer", "maximum": 3.0}},
        "required": ["n"],
    }
    assert json.loads(compile_schema(schema)) == {
        "type": "object",
        "properties": {"n": {"type": "integer", "maximum": 3}},
        "required": ["n"],
        "additionalProperties": False,
    }


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ({}, "schema has no type"),
        ({"type": "text"}, "schema.type must be one of object"),
        ({"type": ["string", "null"]}, "for several, use anyOf"),
        ({"type": "string", "pattern": "(a+)+$"}, "schema.pattern is not a keyword"),
        ({"type": "string", "format": "email"}, "schema.format is not a keyword"),
        ({"$ref": "#"}, "schema.$ref is not a keyword"),
        ({"oneOf": [{"type": "null"}]}, "schema.oneOf is not a keyword"),
        ({"type": "array"}, "is an array without items"),
        ({"type": "array", "items": [{"type": "null"}]}, "schema.items is not an object"),
        ({"type": "object", "properties": {"a": {"type": "x"}}}, "schema.properties.a.type must be"),
        ({"type": "object", "required": ["a"]}, "requires 'a'"),
        ({"type": "object", "required": "a"}, "must list names"),
        ({"type": "object", "additionalProperties": True}, "must be false"),
        ({"type": "string", "maxLength": -1}, "whole number from 0 to 2000"),
        ({"type": "string", "maxLength": 1.5}, "whole number"),
        ({"type": "string", "minLength": 5, "maxLength": 4}, "minLength above its maxLength"),
        ({"type": "array", "items": {"type": "null"}, "maxItems": 101}, "from 0 to 100"),
        ({"type": "number", "minimum": "1"}, "must be a number"),
        ({"type": "number", "minimum": float("nan")}, "must be a number"),
        ({"enum": []}, "must list 1 to 100 values"),
        ({"const": {"a": 1}}, "must be a text, a number"),
        ({"anyOf": []}, "must list 1 to 100 schemas"),
        (_nested(DEEPEST + 1), f"goes deeper than {DEEPEST} levels"),
        ({"anyOf": [{"anyOf": [{"type": "null"}] * 20}] * 20}, "more than 200 parts"),
        ({"enum": ["x" * 100] * 100}, "at most 8000 are allowed"),
    ],
)
def test_what_cannot_be_enforced_is_refused_with_its_place(schema: dict[str, Any], why: str) -> None:
    with pytest.raises(SchemaRefused, match=r"docs/inference\.md") as refusal:
        compile_schema(schema)
    assert why in str(refusal.value)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ('{"n": 2}', ""),
        ('{"n": 4}', "$.n: 4 is greater than the maximum of 3"),
        ('{"n": 2', "it is no JSON"),
        ('{"n": 2, "m": 1}', "'m' was unexpected"),
        ("", "it is no JSON"),
    ],
)
def test_an_answer_is_checked_against_its_schema(answer: str, why: str) -> None:
    schema = compile_schema(
        {"type": "object", "properties": {"n": {"type": "integer", "maximum": 3}}, "required": ["n"]}
    )
    found = objection(answer, schema)
    assert why in found
    assert bool(found) == bool(why)


@pytest.mark.parametrize(
    ("schema", "rule"),
    [
        ({"type": "string"}, r'"\"" string-char{0,} "\""'),
        ({"type": "string", "minLength": 2, "maxLength": 4}, r'"\"" string-char{2,4} "\""'),
        ({"enum": ["a", 1, None]}, r'("\"a\"" | "1" | "null")'),
        ({"const": 'say "x"'}, r'("\"say \\\"x\\\"\"")'),
        ({"type": "array", "items": {"type": "boolean"}}, '"[" (boolean (", " boolean){0,})? "]"'),
        (
            {"type": "array", "items": {"type": "null"}, "minItems": 2, "maxItems": 3},
            '"[" "null" (", " "null"){1,2} "]"',
        ),
        ({"type": "array", "items": {"type": "null"}, "maxItems": 0}, '"[]"'),
        ({"type": "object"}, '"{" "}"'),
    ],
)
def test_a_grammar_says_what_the_schema_says(schema: dict[str, Any], rule: str) -> None:
    assert grammar(compile_schema(schema)).splitlines()[0] == f"root ::= {rule}"
