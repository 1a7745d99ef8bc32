"""One line of JSON a record, whatever is logged."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, use_span
from pydantic import SecretStr

from servicekit.telemetry.logs import JsonFormatter


def line(message: str = "listening", *args: object, exc_info: Any = None, **extra: object) -> dict[str, Any]:
    record = logging.getLogger("test").makeRecord(
        "test", logging.WARNING, "file.py", 1, message, args, exc_info, extra=extra
    )
    text = JsonFormatter("library").format(record)
    assert text.isascii()
    assert "\n" not in text
    return json.loads(text)


def test_a_record_says_when_how_severe_where_and_what() -> None:
    said = line("listening on %s", 7)
    assert datetime.fromisoformat(said.pop("time")).tzinfo == UTC
    assert said == {"severity": "WARNING", "service": "library", "logger": "test", "message": "listening on 7"}


def test_what_extra_gives_becomes_keys_of_their_own() -> None:
    said = line(port=7, moment=datetime(2026, 1, 1, tzinfo=UTC), names=["a"])
    assert (said["port"], said["moment"], said["names"]) == (7, "2026-01-01 00:00:00+00:00", ["a"])


def test_inside_a_trace_its_id_is_there_and_outside_it_is_not() -> None:
    context = SpanContext(0xABC, 0x1, is_remote=True, trace_flags=TraceFlags(1))
    with use_span(NonRecordingSpan(context)):
        assert line()["trace_id"] == "0" * 29 + "abc"
    assert "trace_id" not in line()


def test_an_exception_is_part_of_the_line() -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError as error:
        said = line("call failed", exc_info=(ValueError, error, error.__traceback__))
    assert "ValueError: two\nlines" in said["exception"]
    assert "Traceback" in said["exception"]


def test_a_secret_is_not_written() -> None:
    assert "hunter2" not in json.dumps(line(password=SecretStr("hunter2"), nested={"key": SecretStr("hunter2")}))


@pytest.mark.parametrize("text", ["a\nb\r\nc", "\u2028\u2029\x85", "\ud800", "\0\x1b[31m", "Größe 😀"])
def test_text_that_breaks_lines_terminals_or_encodings_comes_back_as_it_was(text: str) -> None:
    assert line("%s", text)["message"] == text


@given(st.text(st.characters(exclude_characters="%")), st.text())
def test_any_text_is_one_line(message: str, value: str) -> None:
    said = line(message, value=value)
    assert (said["message"], said["value"]) == (message, value)
