"""Page tokens, verdicts and events across the wire."""

from datetime import timedelta

import pytest
from fakes.community.made import NOON, a_comment, a_rating, a_video

from community_service import convert
from community_service.domain.changes import Change, Happening
from community_service.domain.comments import (
    CommentTotals,
    ModerationStatus,
    Sort,
    Verdict,
    VideoState,
)
from community_service.domain.ratings import RatingTotals
from littlemonster.content.v1 import content_events_pb2, content_service_pb2
from littlemonster.inference.v1.inference_service_pb2 import ModerateResponse
from servicekit.pagination import PageTokenInvalid, encode_page_token

VIDEO = a_video(id="01a208f7-76cb-744a-af6d-f6078af003d8")  # fixed: it is part of tests' names


@pytest.mark.parametrize("order", list(Sort))
def test_a_page_token_leads_to_the_row_after_the_last(order: Sort) -> None:
    page = [a_comment(VIDEO, reply_count=3), a_comment(VIDEO)]
    cursor = convert.pages.cursor(convert.pages.next_page_token(page, 1, "q", order), "q", order)
    assert cursor == (3 if order is Sort.TOP else NOON, page[0].id)


def test_the_last_page_has_no_token() -> None:
    assert convert.pages.next_page_token([a_comment(VIDEO)], 1, "q", Sort.NEWEST) == ""


@pytest.mark.parametrize(
    ("order", "key", "row_id"),
    [
        (Sort.NEWEST, "yesterday", VIDEO.id),
        (Sort.NEWEST, "2026-11-23T12:00:00", VIDEO.id),
        (Sort.OLDEST, NOON.isoformat(), "not an id"),
        (Sort.TOP, NOON.isoformat(), VIDEO.id),
        (Sort.TOP, 2**31, VIDEO.id),
    ],
)
def test_a_forged_page_token_is_refused(order: Sort, key: str | int, row_id: str) -> None:
    with pytest.raises(PageTokenInvalid):
        convert.pages.cursor(encode_page_token("q", key, row_id), "q", order)


def test_a_comment_survives_its_event() -> None:
    comment = a_comment(VIDEO, parent_id=VIDEO.id, create_time=NOON + timedelta(microseconds=7))
    payload = convert.comments.comment_created(comment, CommentTotals(VIDEO.id, 1, 7)).SerializeToString()
    change = Change(Happening.CREATED, VIDEO.id, 7, comment)
    assert convert.live.change_from("comment.created", payload) == change
    assert convert.live.change(change).event_id == "7"


def test_an_event_that_says_nothing_to_watchers_is_none() -> None:
    assert convert.live.change_from("comment.moderated", b"\xff") is None
    assert convert.peers.video_from("video.created", b"\xff") is None


@pytest.mark.parametrize(
    ("response", "verdict"),
    [
        (ModerateResponse(approved=True), Verdict(ModerationStatus.APPROVED)),
        (
            ModerateResponse(),
            Verdict(ModerationStatus.REJECTED, "It is against the rules for comments.", phase="model"),
        ),
        (
            ModerateResponse(reasons=["It insults.", "It shouts."]),
            Verdict(ModerationStatus.REJECTED, "It insults. It shouts.", phase="model"),
        ),
        (
            ModerateResponse(approved=True, withheld=True, reasons=["We care."], resources="Call 116 111."),
            Verdict(ModerationStatus.WITHHELD, "We care.", "Call 116 111.", "model"),
        ),
    ],
)
def test_a_verdict_is_what_inference_said(response: ModerateResponse, verdict: Verdict) -> None:
    assert convert.peers.verdict(response) == verdict


def test_rating_events_carry_the_totals() -> None:
    totals = RatingTotals(VIDEO.id, (1, 0, 0, 0, 2), 9)
    for event in (
        convert.ratings.rating_submitted(a_rating(VIDEO), totals),
        convert.ratings.rating_deleted(a_rating(VIDEO), totals),
    ):
        told = event.totals
        assert (told.sum, told.count, list(told.histogram), told.version) == (11, 3, [1, 0, 0, 0, 2], 9)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (content_service_pb2.VIDEO_STATUS_PUBLIC, VideoState.PUBLIC),
        (content_service_pb2.VIDEO_STATUS_REJECTED, VideoState.WITHDRAWN),
        (content_service_pb2.VIDEO_STATUS_PROCESSING, None),
    ],
)
def test_only_a_video_that_was_or_is_public_matters(
    status: content_service_pb2.VideoStatus, state: VideoState | None
) -> None:
    moved = convert.peers.moved_video(content_events_pb2.VideoStatusChanged(video_id="v", status=status, version=2))
    assert (moved and moved.state) == state
