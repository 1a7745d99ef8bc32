"""Constraints written in the contracts (buf.validate), enforced before a handler sees the request."""

from functools import cache

import protovalidate
from buf.validate import validate_pb2
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from servicekit.errors import InvalidArgument

# In the contracts an enum excludes nothing but its zero, which is what a field that was left out holds.
_WORDS = {"enum.not_in": "must be stated", "required": "must be stated"}


class RequestInvalid(InvalidArgument):
    """One or more fields break a constraint of the contract."""

    reason = "REQUEST_INVALID"
    message = "The request is not valid: {problem} Correct the fields named in the details and send it again."


def validate(request: Message) -> None:
    """Raises RequestInvalid naming each field that breaks its constraint."""
    try:
        protovalidate.validate(request)
    except protovalidate.ValidationError as error:
        fields: dict[str, str] = {}
        for each in error.violations:
            fields.setdefault(_path(each.proto.field), _WORDS.get(each.proto.rule_id, each.proto.message))
        path, problem = next(iter(fields.items()))
        raise RequestInvalid(fields=fields, problem=f"{path}: {problem}.") from None


def with_plain_ids(request: Message) -> Message:
    """The request with its UUIDs in lower case, as the database gives them back: an id is one id however it is written."""
    for name in _ids(request.DESCRIPTOR):
        written = getattr(request, name)
        if written != (plain := written.lower()):
            setattr(request, name, plain)
    return request


@cache
def _ids(message: Descriptor) -> tuple[str, ...]:
    """The fields of a message that the contract says are UUIDs."""
    rules = {field.name: field.GetOptions().Extensions[validate_pb2.field] for field in message.fields}
    return tuple(name for name, rule in rules.items() if rule.HasField("string") and rule.string.uuid)


def json_name(field: str) -> str:
    """A field's name as JSON clients know it: lowerCamelCase for snake_case."""
    head, *tail = field.split("_")
    return head + "".join(word.title() for word in tail)


def _path(field: object) -> str:
    """A field path as JSON clients know it, with the index of a list's item."""
    parts = []
    for element in getattr(field, "elements", ()):
        name = json_name(element.field_name)
        index = element.subscript
        parts.append(f"{name}[{index.value}]" if index is not None and hasattr(index, "value") else name)
    return ".".join(parts)
