"""buf.validate constraints in JSON Schema's words."""

from collections.abc import Iterable
from typing import Any

from buf.validate import validate_pb2
from google.protobuf.descriptor_pb2 import FieldDescriptorProto

from littlemonster.common.v1 import text_pb2

Schema = dict[str, Any]
_STRING = {"min_len": "minLength", "max_len": "maxLength", "pattern": "pattern"}
_NUMBER = {"gte": "minimum", "lte": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}
_REPEATED = {"min_items": "minItems", "max_items": "maxItems", "unique": "uniqueItems"}
# What the rule beside it says in CEL (protos/littlemonster/common/v1/text.proto), but for texts in which nothing can be seen.
_ONE_LINE = r"^[^\u0000-\u001f\u007f-\u009f\u00ad\u180e\u200b\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]*$"
_FORMATS = ("uuid", "email", "uri")


def rules_of(field: FieldDescriptorProto) -> validate_pb2.FieldRules:
    """The constraints written beside the field; empty ones when there are none."""
    return field.options.Extensions[validate_pb2.field]


def constraints(rules: validate_pb2.FieldRules) -> Schema:
    """Keywords for a single value, or for the list when the rules are a list's."""
    kind = rules.WhichOneof("type")
    if kind == "string":
        return _string(rules.string)
    if kind in ("int32", "double"):
        return _named(getattr(rules, kind), _NUMBER)
    if kind == "repeated":
        return _named(rules.repeated, _REPEATED)
    return {}


def allowed(rules: validate_pb2.EnumRules, numbers: Iterable[int]) -> set[int]:
    """The enum's values that pass."""
    chosen = set(getattr(rules, "in")) or set(numbers)
    return chosen - set(rules.not_in)


def is_required(field: FieldDescriptorProto) -> bool:
    """True when a request without the field is refused: it must be set, or its zero value breaks a constraint."""
    rules = rules_of(field)
    if rules.required:
        return True
    if field.proto3_optional or rules.ignore == validate_pb2.IGNORE_IF_ZERO_VALUE:
        return False
    text = rules.string
    zero_breaks_text = text.min_len > 0 or text.uuid or text.email or len(getattr(text, "in")) > 0
    zero_breaks_enum = 0 in rules.enum.not_in or (
        len(getattr(rules.enum, "in")) > 0 and 0 not in getattr(rules.enum, "in")
    )
    return zero_breaks_text or zero_breaks_enum or rules.repeated.min_items > 0


def _string(rules: validate_pb2.StringRules) -> Schema:
    schema = _named(rules, _STRING)
    if rules.Extensions[text_pb2.one_line]:
        schema["pattern"] = _ONE_LINE
    if formats := [name for name in _FORMATS if getattr(rules, name)]:
        schema["format"] = formats[0]
    if options := list(getattr(rules, "in")):
        schema["enum"] = options
    return schema


def _named(rules: Any, names: dict[str, str]) -> Schema:
    return {keyword: getattr(rules, name) for name, keyword in names.items() if rules.HasField(name)}
