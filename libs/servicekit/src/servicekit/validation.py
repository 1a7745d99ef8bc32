"""Constraints written in the contracts (buf.validate), enforced before a handler sees the request."""

import protovalidate
from google.protobuf.message import Message

from servicekit.errors import InvalidArgument


class RequestInvalid(InvalidArgument):
    """One or more fields break a constraint of the contract."""

    reason = "REQUEST_INVALID"
    message = "The request is not valid: {problem} Correct the fields named in the details and send it again."


def validate(request: Message) -> None:
    """Raises RequestInvalid naming each field that breaks its constraint."""
    try:
        protovalidate.validate(request)
    except protovalidate.ValidationError as error:
        fields = {_path(v.proto.field): v.proto.message for v in error.violations}
        path, problem = next(iter(fields.items()))
        raise RequestInvalid(fields=fields, problem=f"{path}: {problem}.") from None


def _path(field: object) -> str:
    """A field path as JSON clients know it: lowerCamelCase, with the index of a list's item."""
    parts = []
    for element in getattr(field, "elements", ()):
        head, *tail = element.field_name.split("_")
        name = head + "".join(word.title() for word in tail)
        index = element.subscript
        parts.append(f"{name}[{index.value}]" if index is not None and hasattr(index, "value") else name)
    return ".".join(parts)
