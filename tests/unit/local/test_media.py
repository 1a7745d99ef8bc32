"""The demo takes nothing for a film that is none."""

import struct

import pytest

from local_mesh.demo import media


def box(name, *bodies):
    body = b"".join(bodies)
    return struct.pack(">I4s", 8 + len(body), name) + body


def track(kind):
    return box(b"trak", box(b"mdia", box(b"hdlr", bytes(8), kind, bytes(12))))


def header(version=0, scale=1000, length=90_500):
    times = bytes(16) if version else bytes(8)
    return box(b"mvhd", bytes([version, 0, 0, 0]), times, struct.pack(">IQ" if version else ">II", scale, length))


FTYP, MDAT = box(b"ftyp", b"isom"), box(b"mdat", bytes(32))
MOOV = box(b"moov", header(), track(b"vide"), track(b"soun"))


@pytest.mark.parametrize("version", [0, 1])
def test_a_film_tells_its_length(version):
    moov = box(b"moov", header(version), track(b"vide"), track(b"soun"))
    assert media.film_seconds(FTYP + moov + MDAT) == 90.5


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"<html>not found</html>", id="a page"),
        pytest.param(FTYP + MDAT + MOOV, id="index at the end"),
        pytest.param(FTYP + box(b"moov", header(), track(b"vide")) + MDAT, id="silent"),
        pytest.param(FTYP + box(b"moov", header(), track(b"soun")) + MDAT, id="no picture"),
        pytest.param(FTYP + MOOV, id="no frames"),
        pytest.param(struct.pack(">I4s", 3, b"ftyp"), id="broken box"),
    ],
)
def test_what_is_no_whole_film_has_no_length(content):
    assert media.film_seconds(content) == 0


def test_captions_are_counted_only_in_webvtt():
    cues = "00:00.000 --> 00:02.000\nHello\n\n00:02.000 --> 00:03.000\nworld\n"
    assert media.caption_count("WEBVTT\n\n" + cues) == 2
    assert media.caption_count(cues) == 0


def test_a_webp_picture_is_known_by_its_first_bytes():
    assert media.is_webp(b"RIFF\x10\x00\x00\x00WEBPVP8 ")
    assert not media.is_webp(b"\x89PNG\r\n\x1a\n")
