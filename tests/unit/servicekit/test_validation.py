"""A broken constraint is told by the field's name as JSON clients know it."""

import pytest
from google.protobuf.message import Message

from littlemonster.auth.v1.user_service_pb2 import UpdateMeRequest
from littlemonster.common.v1.study_pb2 import SUBJECT_MATH
from littlemonster.community.v1 import community_service_pb2 as community
from littlemonster.content.v1.content_service_pb2 import BatchCreateVideosRequest, CreateVideoRequest, GetVideoRequest
from littlemonster.inference.v1.inference_service_pb2 import EmbedRequest
from littlemonster.planner.v1.planner_service_pb2 import GetProgressRequest
from servicekit.ids import new_id
from servicekit.validation import RequestInvalid, validate, with_plain_ids

GOOD = CreateVideoRequest(topic="Adding", subject=SUBJECT_MATH)


def broken(request: Message) -> dict[str, str]:
    with pytest.raises(RequestInvalid) as refused:
        validate(request)
    return refused.value.fields


@pytest.mark.parametrize(
    ("request_", "path"),
    [
        (GetVideoRequest(video_id="7"), "videoId"),
        (CreateVideoRequest(topic="Adding", subject=SUBJECT_MATH, request_id="7"), "requestId"),
        (UpdateMeRequest(avatar_color="red"), "avatarColor"),
        (EmbedRequest(texts=["good", "", "good"]), "texts[1]"),
        (UpdateMeRequest(subjects=[SUBJECT_MATH, 99]), "subjects[1]"),
        (UpdateMeRequest(subjects=[SUBJECT_MATH, SUBJECT_MATH]), "subjects"),
        (
            BatchCreateVideosRequest(requests=[GOOD, CreateVideoRequest(topic="a" * 201, subject=1)]),
            "requests[1].topic",
        ),
        (
            BatchCreateVideosRequest(requests=[CreateVideoRequest(topic="Adding", subject=1, request_id="7")]),
            "requests[0].requestId",
        ),
    ],
)
def test_the_field_is_named_in_lower_camel_case_with_its_place(request_: Message, path: str) -> None:
    assert set(broken(request_)) == {path}


def test_every_broken_field_is_named_and_the_message_tells_the_first() -> None:
    with pytest.raises(RequestInvalid) as refused:
        validate(CreateVideoRequest(topic="a" * 201, request_id="7"))
    assert set(refused.value.fields) == {"topic", "subject", "requestId"}
    assert str(refused.value).startswith("The request is not valid: topic: must be at most 200 characters.")


def test_what_was_left_out_is_told_as_such_and_not_as_an_expression() -> None:
    assert broken(CreateVideoRequest())["topic"] == "must be at least 2 characters"
    assert broken(CreateVideoRequest(topic="Adding")) == {"subject": "must be stated"}
    assert broken(GetProgressRequest()) == {"startTime": "must be stated", "endTime": "must be stated"}
    comment = community.CreateCommentRequest(video_id=new_id())
    assert broken(comment) == {"text": "must be at least 1 characters"}
    comment.text = " \n"
    assert broken(comment) == {"text": "must hold more than white space, and no NUL"}


def test_what_was_sent_is_not_repeated() -> None:
    secret = "hunter2" * 40
    assert "hunter2" not in repr(broken(CreateVideoRequest(topic=secret, subject=SUBJECT_MATH)))


def test_a_valid_request_passes() -> None:
    validate(CreateVideoRequest(topic="Adding", subject=SUBJECT_MATH, request_id=new_id()))


def test_an_id_is_one_id_however_it_is_written() -> None:
    shouted = "01A208F7-76CB-744A-AF6D-F6078AF003D8"
    request = community.CreateCommentRequest(video_id=shouted, text=shouted)
    with_plain_ids(request)
    assert (request.video_id, request.text, request.parent_id) == (shouted.lower(), shouted, "")
