"""JSON schemas of the contracts' messages as Envoy writes them: lowerCamelCase, enum names, RFC 3339 times."""

from collections.abc import Callable
from typing import Any

from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Proto

from gateway.contracts import FILE
from gateway.openapi.constraints import allowed, constraints, is_always_answered, is_required, rules_of
from gateway.openapi.elements import Enum, Field, Message, elements, enum, sent

Schema = dict[str, Any]
Needed = Callable[[Proto], bool]
_SCALARS: dict[int, Schema] = {
    Proto.TYPE_STRING: {"type": "string"},
    Proto.TYPE_BYTES: {"type": "string", "contentEncoding": "base64"},
    Proto.TYPE_BOOL: {"type": "boolean"},
    Proto.TYPE_INT32: {"type": "integer", "format": "int32"},
    Proto.TYPE_UINT32: {"type": "integer", "format": "int64", "minimum": 0},
    Proto.TYPE_INT64: {"type": "string", "format": "int64"},
    Proto.TYPE_FLOAT: {"type": "number", "format": "float"},
    Proto.TYPE_DOUBLE: {"type": "number", "format": "double"},
}
_WELL_KNOWN: dict[str, Schema] = {
    ".google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    ".google.protobuf.Duration": {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?s$"},
    ".google.protobuf.FieldMask": {"type": "string"},
    ".google.protobuf.Struct": {"type": "object"},
    ".google.protobuf.Empty": {"type": "object"},
    FILE: {"type": "string"},
}
# Without one a reader is shown random characters that happen to match the pattern. A test holds them to it.
EXAMPLES = {
    "topic": "Pythagorean theorem",
    "displayName": "Ada",
    "text": "Why is that angle a right one?",
    "title": "Revise fractions",
    "description": "Chapters 3 and 4",
    "prompt": "Explain what a prime number is.",
    "code": "123456",
    "avatarColor": "#3366cc",
    "themeAccent": "#3366cc",
    "lmColor": "#66cc33",
}
# What a documentation page makes up for these would be refused, or, sent twice, answer what was made the first time.
PROPOSED: dict[str, Any] = {
    "requestId": "",
    "parentId": "",
    "updateMask": "",
    "etag": "",
    "model": "little-monster-nano",
    "language": "en",
    "timeZone": "Europe/Berlin",
    "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=4"],
    "reminders": [{"minutesBefore": 10}],
    "scope": "ALL",
    "ics": "BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR\n",
}


class Schemas:
    """Collects the schemas that are referred to."""

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {}

    def of(self, full_name: str, without: frozenset[str] = frozenset()) -> Schema:
        """A reference to the message's or enum's schema; `without` leaves fields out that the path already holds."""
        if full_name in _WELL_KNOWN:
            return dict(_WELL_KNOWN[full_name])
        element = elements()[full_name]
        if element.name not in self.components:
            self.components[element.name] = {}  # a message may hold itself
            needed = is_required if full_name in sent() else is_always_answered
            self.components[element.name] = self._schema(element, without, needed)
        return {"$ref": f"#/components/schemas/{element.name}"}

    def field(self, field: Field) -> Schema:
        """The schema of one field with its comment and constraints."""
        schema = self._value(field)
        if field.comment:
            schema["description"] = field.comment
        name = field.proto.json_name
        if name in PROPOSED or ("pattern" in schema and name in EXAMPLES):
            schema["examples"] = [(PROPOSED | EXAMPLES)[name]]
        return schema

    def _schema(self, element: Message | Enum, without: frozenset[str], needed: Needed) -> Schema:
        if isinstance(element, Enum):
            meanings = "\n".join(f"- `{name}`: {comment}" for name, _, comment in element.values)
            names = [name for name, _, _ in element.values]
            told = f"{element.comment}\n\n{meanings}"
            return {"type": "string", "enum": names, "examples": names[1:2], "description": told}
        fields = [field for field in element.fields if field.proto.name not in without]
        schema: Schema = {"type": "object", "description": element.comment}
        if fields:
            schema["properties"] = {field.proto.json_name: self.field(field) for field in fields}
        if required := [field.proto.json_name for field in fields if needed(field.proto)]:
            schema["required"] = required
        return schema

    def _value(self, field: Field) -> Schema:
        rules = rules_of(field.proto)
        if entry := _map_entry(field):
            return {"type": "object", "additionalProperties": self._value(entry.fields[1])}
        if not field.is_repeated:
            return self._single(field.proto, rules)
        items = self._single(field.proto, rules.repeated.items)
        return {"type": "array", "items": items} | constraints(rules)

    def _single(self, proto: Proto, rules: Any) -> Schema:
        if proto.type == Proto.TYPE_ENUM:
            return self._enum(proto.type_name, rules)
        if proto.type == Proto.TYPE_MESSAGE:
            return self.of(proto.type_name)
        return _SCALARS[proto.type] | constraints(rules)

    def _enum(self, full_name: str, rules: Any) -> Schema:
        values = enum(full_name).values
        numbers = [number for _, number, _ in values]
        passing = allowed(rules.enum, numbers)
        if passing == set(numbers):
            return self.of(full_name)
        return {"type": "string", "enum": [name for name, number, _ in values if number in passing]}


def _map_entry(field: Field) -> Message | None:
    element = elements().get(field.proto.type_name)
    return element if isinstance(element, Message) and element.is_map_entry else None
