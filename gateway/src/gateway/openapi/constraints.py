"""buf.validate constraints in JSON Schema's words."""

import re
from collections.abc import Iterable
from typing import Any

from buf.validate import validate_pb2
from google.protobuf.descriptor_pb2 import FieldDescriptorProto

from littlemonster.common.v1 import text_pb2

Schema = dict[str, Any]
_STRING = {"min_len": "minLength", "max_len": "maxLength", "pattern": "pattern"}
_NUMBER = {"gte": "minimum", "lte": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}
_NUMBERS = ("int32", "int64", "uint32", "float", "double")
_REPEATED = {"min_items": "minItems", "max_items": "maxItems", "unique": "uniqueItems"}
# What protos/littlemonster/common/v1/text.proto says in CEL; _ONE_LINE but for texts in which nothing can be seen.
_NOT_BLANK = r"^[^\u0000]*[^\u0000\s][^\u0000]*$"
_ONE_LINE = r"^[^\u0000-\u001f\u007f-\u009f\u00ad\u180e\u200b\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]*$"
# Whatever has them is saved with them (AIP-148).
_ALWAYS_SET = ("create_time", "update_time")
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
    zero_breaks_pattern = re.search(text.pattern, "") is None
    zero_breaks_number = any(_breaks(getattr(rules, kind)) for kind in _NUMBERS)
    zero_breaks_enum = 0 in rules.enum.not_in or (
        len(getattr(rules.enum, "in")) > 0 and 0 not in getattr(rules.enum, "in")
    )
    broken = (zero_breaks_text, zero_breaks_pattern, zero_breaks_number, zero_breaks_enum, rules.repeated.min_items > 0)
    return any(broken)


def _breaks(number: Any) -> bool:
    """Whether 0 does not pass."""
    return bool(number.gte > 0 or (number.HasField("gt") and number.gt >= 0))


def is_always_answered(field: FieldDescriptorProto) -> bool:
    """True when every answer has the field: zeros and empty lists are printed, unset messages, `optional` and `oneof` are not."""
    if field.type == FieldDescriptorProto.TYPE_MESSAGE and field.label != FieldDescriptorProto.LABEL_REPEATED:
        return field.name in _ALWAYS_SET
    return not field.HasField("oneof_index")


def _string(rules: validate_pb2.StringRules) -> Schema:
    schema = _named(rules, _STRING)
    if rules.Extensions[text_pb2.one_line]:
        schema["pattern"] = _ONE_LINE
    if rules.Extensions[text_pb2.not_blank]:
        schema["pattern"] = _NOT_BLANK
    if formats := [name for name in _FORMATS if getattr(rules, name)]:
        schema["format"] = formats[0]
    if options := list(getattr(rules, "in")):
        schema["enum"] = options
    return schema


def _named(rules: Any, names: dict[str, str]) -> Schema:
    return {keyword: getattr(rules, name) for name, keyword in names.items() if rules.HasField(name)}
