"""The part of JSON Schema (draft 2020-12) that answers can be made to follow, and its bounds.

A schema outside of it is refused with the place and the reason: a keyword that is not enforced would be a promise not kept.
`pattern` and `format` are left out because checking them afterwards could take forever; `$ref` because it may recurse.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from inference_service.errors import SchemaRefused

Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | float | bool | None"
DEEPEST, MOST_NODES, MOST_CHARACTERS, MOST_ITEMS, LONGEST_TEXT = 8, 200, 8000, 100, 2000
TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")
_TEXTS = frozenset(("title", "description", "$schema", "$id", "$comment"))
_IGNORED = frozenset((*_TEXTS, "default", "examples"))
_COUNTS = {"minItems": MOST_ITEMS, "maxItems": MOST_ITEMS, "minLength": LONGEST_TEXT, "maxLength": LONGEST_TEXT}
_NUMBERS = frozenset(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"))
_OTHER = frozenset(("type", "enum", "const", "properties", "required", "additionalProperties", "items", "anyOf"))


def compile_schema(schema: Mapping[str, Any]) -> str:
    """`schema` as canonical JSON: sorted, ignored keywords dropped, whole numbers without a point. Raises SchemaRefused."""
    checker = _Checker()
    text = json.dumps(checker.schema(schema, "schema", 1), sort_keys=True)
    if len(text) > MOST_CHARACTERS:
        raise _refused("schema", f"has {len(text)} characters; at most {MOST_CHARACTERS} are allowed")
    return text


def _refused(place: str, problem: str) -> SchemaRefused:
    return SchemaRefused(place=place, problem=problem)


class _Checker:
    def __init__(self) -> None:
        self._nodes = 0

    def schema(self, value: Any, place: str, depth: int) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise _refused(place, "is not an object")
        self._nodes += 1
        if depth > DEEPEST or self._nodes > MOST_NODES:
            raise _refused(place, f"goes deeper than {DEEPEST} levels or has more than {MOST_NODES} parts")
        checked = {
            key: self._keyword(key, item, f"{place}.{key}", depth) for key, item in value.items() if key not in _IGNORED
        }
        self._agree(checked, place)
        return checked

    def _keyword(self, key: str, value: Any, place: str, depth: int) -> Any:
        if key in _COUNTS:
            return _count(value, _COUNTS[key], place)
        if key in _NUMBERS:
            return _number(value, place)
        if key not in _OTHER:
            raise _refused(place, "is not a keyword that answers can be made to follow")
        return getattr(self, f"_{key.lower()}")(value, place, depth)

    def _type(self, value: Any, place: str, depth: int) -> str:
        if value not in TYPES:
            raise _refused(place, f"must be one of {', '.join(TYPES)}; for several, use anyOf")
        return str(value)

    def _enum(self, value: Any, place: str, depth: int) -> list[Any]:
        if not isinstance(value, Sequence) or isinstance(value, str) or not 0 < len(value) <= MOST_ITEMS:
            raise _refused(place, f"must list 1 to {MOST_ITEMS} values")
        return [self._const(item, place, depth) for item in value]

    def _const(self, value: Any, place: str, depth: int) -> Any:
        if isinstance(value, Mapping | list | tuple):
            raise _refused(place, "must be a text, a number, true, false or null")
        return _number(value, place) if isinstance(value, float) else value

    def _properties(self, value: Any, place: str, depth: int) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise _refused(place, "is not an object")
        return {name: self.schema(item, f"{place}.{name}", depth + 1) for name, item in value.items()}

    def _required(self, value: Any, place: str, depth: int) -> list[str]:
        if (
            not isinstance(value, Sequence)
            or isinstance(value, str)
            or not all(isinstance(name, str) for name in value)
        ):
            raise _refused(place, "must list names of properties")
        return list(dict.fromkeys(value))

    def _additionalproperties(self, value: Any, place: str, depth: int) -> bool:
        if value is not False:
            raise _refused(place, "must be false: answers hold the listed properties only")
        return False

    def _items(self, value: Any, place: str, depth: int) -> dict[str, Any]:
        return self.schema(value, place, depth + 1)

    def _anyof(self, value: Any, place: str, depth: int) -> list[dict[str, Any]]:
        if not isinstance(value, Sequence) or isinstance(value, str) or not 0 < len(value) <= MOST_ITEMS:
            raise _refused(place, f"must list 1 to {MOST_ITEMS} schemas")
        return [self.schema(item, f"{place}[{index}]", depth + 1) for index, item in enumerate(value)]

    def _agree(self, checked: dict[str, Any], place: str) -> None:
        """Every part must say what it is, and its bounds must leave something."""
        if not any(key in checked for key in ("type", "enum", "const", "anyOf")):
            raise _refused(place, "has no type, enum, const or anyOf")
        if checked.get("type") == "object":
            checked.setdefault("properties", {})
            checked["additionalProperties"] = False
        if checked.get("type") == "array" and "items" not in checked:
            raise _refused(place, "is an array without items")
        if strange := [name for name in checked.get("required", ()) if name not in checked.get("properties", {})]:
            raise _refused(place, f"requires '{strange[0]}', which is not among its properties")
        for low, high in (("minItems", "maxItems"), ("minLength", "maxLength"), ("minimum", "maximum")):
            if low in checked and high in checked and checked[low] > checked[high]:
                raise _refused(place, f"has a {low} above its {high}")


def _number(value: Any, place: str) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e15:
        raise _refused(place, "must be a number below 1e15")
    return int(value) if float(value).is_integer() else value


def _count(value: Any, most: int, place: str) -> int:
    number = _number(value, place)
    if not isinstance(number, int) or not 0 <= number <= most:
        raise _refused(place, f"must be a whole number from 0 to {most}")
    return number
