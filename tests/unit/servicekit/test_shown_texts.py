"""Texts of one line that other people see, or that stand in letters and calendars: they look like what they are."""

import pytest
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from littlemonster.auth.v1.auth_service_pb2 import RegisterRequest
from littlemonster.auth.v1.user_service_pb2 import UpdateMeRequest
from littlemonster.common.v1.study_pb2 import SUBJECT_MATH
from littlemonster.content.v1.content_service_pb2 import CreateVideoRequest
from littlemonster.planner.v1.planner_service_pb2 import CreateEventRequest, UpdateEventRequest
from servicekit.errors import InvalidArgument
from servicekit.validation import validate

EVENT_ID = "0190b5c0-0000-7000-8000-000000000001"
SHOWN: list[tuple[str, Message]] = [
    ("displayName", RegisterRequest(email="ada@example.org", password="correct horse battery")),
    ("displayName", UpdateMeRequest()),
    ("topic", CreateVideoRequest(subject=SUBJECT_MATH)),
    ("title", CreateEventRequest(start_time=Timestamp(seconds=2_000_000_000))),
    ("title", UpdateEventRequest(event_id=EVENT_ID)),
]
HOSTILE = {
    "NUL": "a\x00b",
    "line break": "a\nb",
    "escape": "a\x1b[31mb",
    "C1 control": "a\x9bb",
    "turned round": "\u202eadA",
    "isolated": "a\u2066b\u2069",
    "embedded": "a\u202ab\u202c",
    "invisible": "a\u200bb",
    "line separator": "a\u2028b",
    "nothing that can be seen": " \u200d ",
}
HONEST = ["Pythagoras' theorem", "עדה לאבלייס", "👩🏽‍🚀 in space", "می‌خواهم", "x² + y² = z²", "<b>Ada</b> {{ 7*7 }}"]


every_text = pytest.mark.parametrize(("field", "empty"), SHOWN, ids=[type(each).__name__ for _, each in SHOWN])


def with_text(field: str, empty: Message, text: str) -> Message:
    """The request with the text in the field that JSON calls so."""
    request = type(empty)()
    request.CopyFrom(empty)
    (name,) = [each.name for each in empty.DESCRIPTOR.fields if each.json_name == field]
    setattr(request, name, text)
    return request


@every_text
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_disguises_itself_is_refused_by_the_name_of_its_field(field: str, empty: Message, text: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        validate(with_text(field, empty, text))
    assert list(refused.value.fields) == [field]


@every_text
@pytest.mark.parametrize("text", HONEST)
def test_what_people_write_in_any_script_is_taken(field: str, empty: Message, text: str) -> None:
    validate(with_text(field, empty, text))
