"""A JSON schema, as domain.schema writes it, in GBNF: the grammars that llama.cpp enforces on every vocabulary.

Structure, names, types, enums and lengths are enforced; the bounds of numbers are not, and are checked afterwards.
"""

import json
from typing import Any

_RULES = r"""
string-char ::= [^"\\\x00-\x1F] | "\\" (["\\/bfnrt] | "u" [0-9a-fA-F]{4})
integer ::= "-"? ("0" | [1-9] [0-9]{0,14})
number ::= integer ("." [0-9]{1,15})? ([eE] [-+]? [0-9]{1,2})?
boolean ::= "true" | "false"
"""
_SCALARS = {"integer": "integer", "number": "number", "boolean": "boolean", "null": '"null"'}


def grammar(schema: str) -> str:
    """The grammar of the answers that `schema` allows."""
    return f"root ::= {_value(json.loads(schema))}\n{_RULES}"


def _value(schema: dict[str, Any]) -> str:
    if "const" in schema or "enum" in schema:
        return _choice(_literal(json.dumps(value)) for value in schema.get("enum", [schema.get("const")]))
    if "anyOf" in schema:
        return _choice(map(_value, schema["anyOf"]))
    match schema["type"]:
        case "object":
            return _object(schema)
        case "array":
            return _array(schema)
        case "string":
            return rf'"\"" string-char{_times(schema.get("minLength", 0), schema.get("maxLength"))} "\""'
        case kind:
            return _SCALARS[kind]


def _object(schema: dict[str, Any]) -> str:
    """Properties in their order. Those not required may be left out, but only once a required one, or none, went before."""
    required = set(schema.get("required", ()))
    pairs = {name: f'{_literal(json.dumps(name))} ": " {_value(part)}' for name, part in schema["properties"].items()}
    ordered = [name for name in pairs if name in required] or list(pairs)[:1]
    rest = [name for name in pairs if name not in ordered]
    if not pairs:
        return '"{" "}"'
    body = ' ", " '.join(pairs[name] for name in ordered) + "".join(f' (", " {pairs[name]})?' for name in rest)
    return f'"{{" {body if required else f"({body})?"} "}}"'


def _array(schema: dict[str, Any]) -> str:
    least, most = schema.get("minItems", 0), schema.get("maxItems")
    if most == 0:
        return '"[]"'
    item = _value(schema["items"])
    items = f'{item} (", " {item}){_times(max(least - 1, 0), None if most is None else most - 1)}'
    return f'"[" {items if least else f"({items})?"} "]"'


def _times(least: int, most: int | None) -> str:
    return f"{{{least},{'' if most is None else most}}}"


def _literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _choice(options: Any) -> str:
    return f"({' | '.join(options)})"
