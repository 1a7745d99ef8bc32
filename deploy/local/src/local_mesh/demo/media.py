"""A look into the files of a lesson, deep enough to know them for what they should be."""

import struct
from collections.abc import Iterator

_CONTAINERS = {b"moov", b"trak", b"mdia"}


def film_seconds(content: bytes) -> float:
    """The length of an MP4 that begins with its index and has picture and sound; 0 for anything else.

    Box layout: ISO/IEC 14496-12.
    """
    boxes = list(_boxes(content, 0, len(content)))
    names = [name for name, _ in boxes]
    handlers = {body[8:12] for name, body in boxes if name == b"hdlr"}
    if names[:1] != [b"ftyp"] or b"mvhd" not in names or b"mdat" not in names or not {b"vide", b"soun"} <= handlers:
        return 0.0
    if names.index(b"moov") > names.index(b"mdat"):
        return 0.0  # no fast start: a browser would have to load the whole file first
    return _seconds(next(body for name, body in boxes if name == b"mvhd"))


def caption_count(text: str) -> int:
    """How many cues a WebVTT file has; 0 when it is none."""
    return text.count(" --> ") if text.startswith("WEBVTT") else 0


def is_webp(content: bytes) -> bool:
    """Whether the file begins as a WebP picture does."""
    return content[:4] == b"RIFF" and content[8:12] == b"WEBP"


def _boxes(content: bytes, start: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    while start + 8 <= end:
        size, name = struct.unpack_from(">I4s", content, start)
        header = 8
        if size == 1 and start + 16 <= end:
            (size,) = struct.unpack_from(">Q", content, start + 8)
            header = 16
        stop = min(end, start + size) if size else end
        if stop <= start + header - 1:
            return
        yield name, content[start + header : min(stop, start + header + 64)]
        if name in _CONTAINERS:
            yield from _boxes(content, start + header, stop)
        start = stop


def _seconds(header: bytes) -> float:
    wide = header[:1] == b"\x01"
    scale, length = struct.unpack_from(">IQ" if wide else ">II", header, 20 if wide else 12)
    return float(length / scale) if scale else 0.0
