"""Read a GGUF file's header in bounds, before native code that trusts it does.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import mmap
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

ALIGNMENT = 32
VERSIONS = (2, 3)
MOST_TENSORS, MOST_KEYS, MOST_ITEMS = 20_000, 2_000, 2_000_000
LARGEST_HEADER = 64 << 20
"""Bytes of all names and values: the vocabularies of the largest models take a tenth of it."""
LONGEST_STRING, LONGEST_NAME = 1 << 20, 1 << 16
LARGEST_DIMENSION = 1 << 31
STRING, ARRAY = 8, 9
SCALARS = MappingProxyType(
    {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"},
)
UINT8, UINT32, INT32, FLOAT32 = 0, 4, 5, 6

Item = TypeVar("Item")
Value = int | float | bool | bytes | tuple[int | float | bool | bytes, ...]


class GgufRefused(ValueError):
    """The file is not one that the engine can load safely; the message says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One metadata value; `item_kind` is the type of an array's items and of a scalar itself."""

    kind: int
    item_kind: int
    value: Value


@dataclass(frozen=True, slots=True)
class Tensor:
    """`shape` starts with the row length; `offset` is relative to the start of the tensor data."""

    shape: tuple[int, ...]
    kind: int
    offset: int


@dataclass(frozen=True, slots=True)
class Header:
    version: int
    metadata: Mapping[str, Entry]
    tensors: Mapping[str, Tensor]
    data_start: int
    file_size: int


def read_header(path: Path) -> Header:
    """Read the header of `path`. Raises GgufRefused when any of it is missing, out of bounds or implausible."""
    size = path.stat().st_size
    if size < ALIGNMENT:
        raise GgufRefused(f"the file has only {size} bytes")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            return _Reader(data, size).header()
        except UnicodeDecodeError as error:
            raise GgufRefused("a name is not UTF-8") from error


class _Reader:
    def __init__(self, data: mmap.mmap, size: int) -> None:
        self._data, self._size, self._at = data, size, 0
        self._items = 0

    def header(self) -> Header:
        if self._take(4) != b"GGUF":
            raise GgufRefused("it does not begin with 'GGUF'")
        version = self._integer("I")
        if version & 0xFFFF == 0 < version:
            raise GgufRefused("it is written for big-endian machines")
        if version not in VERSIONS:
            raise GgufRefused(f"GGUF version {version} is not one of {VERSIONS}")
        tensor_count, key_count = self._integer("Q"), self._integer("Q")
        if tensor_count > MOST_TENSORS or key_count > MOST_KEYS:
            raise GgufRefused(f"{tensor_count} tensors and {key_count} keys are implausible")
        metadata = self._named(key_count, LONGEST_NAME, self._entry)
        tensors = self._named(tensor_count, 64, self._tensor)
        return Header(version, metadata, tensors, padded(self._at), self._size)

    def _named(self, count: int, longest_name: int, read: Callable[[], Item]) -> Mapping[str, Item]:
        named: dict[str, Item] = {}
        for _ in range(count):
            name = self._string(longest_name).decode()
            if name in named:
                raise GgufRefused(f"'{name}' is there twice")
            named[name] = read()
        return MappingProxyType(named)

    def _take(self, length: int) -> bytes:
        if length > self._size - self._at:
            raise GgufRefused(f"it ends inside its header, at byte {self._size}")
        if self._at + length > LARGEST_HEADER:
            raise GgufRefused(f"a header of more than {LARGEST_HEADER} bytes is implausible")
        start, self._at = self._at, self._at + length
        return self._data[start : self._at]

    def _unpack(self, code: str) -> int | float | bool:
        (value,) = struct.unpack(f"<{code}", self._take(struct.calcsize(f"<{code}")))
        return value  # type: ignore[no-any-return]  # the code says which of them it is

    def _integer(self, code: str) -> int:
        return int(self._unpack(code))

    def _string(self, longest: int = LONGEST_STRING) -> bytes:
        length = self._integer("Q")
        if length > longest:
            raise GgufRefused(f"a string of {length} bytes is implausible")
        return self._take(length)

    def _entry(self) -> Entry:
        kind = self._integer("I")
        if kind == ARRAY:
            return self._array()
        if kind == STRING:
            return Entry(kind, kind, self._string())
        return Entry(kind, kind, self._unpack(self._code(kind)))

    def _array(self) -> Entry:
        item_kind, count = self._integer("I"), self._integer("Q")
        self._items += count
        if self._items > MOST_ITEMS:
            raise GgufRefused(f"arrays of {self._items} items are implausible")
        if item_kind == STRING:
            return Entry(ARRAY, STRING, tuple(self._string() for _ in range(count)))
        code = f"<{count}{self._code(item_kind)}"
        return Entry(ARRAY, item_kind, struct.unpack(code, self._take(struct.calcsize(code))))

    def _code(self, kind: int) -> str:
        if kind not in SCALARS:
            raise GgufRefused(f"metadata of type {kind} is unknown")
        return SCALARS[kind]

    def _tensor(self) -> Tensor:
        dimensions = self._integer("I")
        if not 1 <= dimensions <= 4:
            raise GgufRefused(f"a tensor of {dimensions} dimensions is implausible")
        shape = tuple(self._integer("Q") for _ in range(dimensions))
        if not all(0 < length <= LARGEST_DIMENSION for length in shape):
            raise GgufRefused(f"a tensor of shape {shape} is implausible")
        return Tensor(shape, self._integer("I"), self._integer("Q"))


def padded(position: int) -> int:
    """The first aligned position at or after `position`."""
    return -(-position // ALIGNMENT) * ALIGNMENT
