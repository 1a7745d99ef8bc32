"""Messages and enums of the contracts by name, with their comments: what the schemas are made from."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)

from gateway.contracts import comments, contract_files, rpcs

Location = tuple[int, ...]
_IN_FILE_MESSAGE, _IN_FILE_ENUM = 4, 5
_NESTED_MESSAGE, _NESTED_ENUM, _FIELD, _VALUE = 3, 4, 2, 2


@dataclass(frozen=True, slots=True)
class Field:
    """A message's field."""

    proto: FieldDescriptorProto
    comment: str

    @property
    def is_repeated(self) -> bool:
        """True for lists and maps."""
        return self.proto.label == FieldDescriptorProto.LABEL_REPEATED


@dataclass(frozen=True, slots=True)
class Message:
    """A message. `name` is unique among all contracts: "Video", "Export.State"."""

    name: str
    comment: str
    fields: tuple[Field, ...]
    is_map_entry: bool


@dataclass(frozen=True, slots=True)
class Enum:
    """An enum with the comment of each value."""

    name: str
    comment: str
    values: tuple[tuple[str, int, str], ...]


@cache
def elements() -> dict[str, Message | Enum]:
    """Every message and enum by its full name with a leading dot, as descriptors refer to it."""
    return {name: element for file in contract_files() for name, element in _in_file(file)}


def message(full_name: str) -> Message:
    """The message of that name; TypeError for an enum's."""
    element = elements()[full_name]
    if not isinstance(element, Message):
        raise TypeError(f"{full_name} is not a message")
    return element


def enum(full_name: str) -> Enum:
    """The enum of that name; TypeError for a message's."""
    element = elements()[full_name]
    if not isinstance(element, Enum):
        raise TypeError(f"{full_name} is not an enum")
    return element


@cache
def sent() -> frozenset[str]:
    """Full names of the messages that clients send, those inside others too."""
    found: set[str] = set()
    waiting = [rpc.request for rpc in rpcs()]
    while waiting:
        element = elements().get(name := waiting.pop())
        if isinstance(element, Message) and name not in found:
            found.add(name)
            waiting += [field.proto.type_name for field in element.fields]
    return frozenset(found)


def _in_file(file: FileDescriptorProto) -> Iterator[tuple[str, Message | Enum]]:
    texts = comments(file)
    for at, proto in enumerate(file.message_type):
        yield from _in_message(proto, (_IN_FILE_MESSAGE, at), file.package, "", texts)
    for at, choice in enumerate(file.enum_type):
        yield _enum(choice, (_IN_FILE_ENUM, at), file.package, "", texts)


def _in_message(
    proto: DescriptorProto, path: Location, package: str, outer: str, texts: dict[Location, str]
) -> Iterator[tuple[str, Message | Enum]]:
    name = outer + proto.name
    fields = tuple(Field(field, texts.get((*path, _FIELD, number), "")) for number, field in enumerate(proto.field))
    yield f".{package}.{name}", Message(name, texts.get(path, ""), fields, proto.options.map_entry)
    for at, nested in enumerate(proto.nested_type):
        yield from _in_message(nested, (*path, _NESTED_MESSAGE, at), package, f"{name}.", texts)
    for at, choice in enumerate(proto.enum_type):
        yield _enum(choice, (*path, _NESTED_ENUM, at), package, f"{name}.", texts)


def _enum(
    proto: EnumDescriptorProto, path: Location, package: str, outer: str, texts: dict[Location, str]
) -> tuple[str, Enum]:
    name = outer + proto.name
    values = tuple(
        (value.name, value.number, texts.get((*path, _VALUE, at), "")) for at, value in enumerate(proto.value)
    )
    return f".{package}.{name}", Enum(name, texts.get(path, ""), values)
