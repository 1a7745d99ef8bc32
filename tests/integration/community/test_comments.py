"""Comments through the real server."""

import asyncio

import pytest

from community_service.domain.comments import Video
from littlemonster.community.v1 import community_service_pb2 as pb
from littlemonster.community.v1.community_events_pb2 import CommentCreated
from littlemonster.inference.v1.inference_service_pb2 import ModerateResponse
from servicekit.errors import InvalidArgument, NotFound, ServiceError, Unauthenticated, Unavailable
from servicekit.ids import new_id

ADA, BOB = new_id(), new_id()
TEXT = "Now I get it"


def _write(video: Video, text: str = TEXT, **fields: str) -> pb.CreateCommentRequest:
    return pb.CreateCommentRequest(video_id=video.id, text=text, **fields)


async def test_a_comment_on_a_video_just_published_is_visible_to_others(community, loopback, video) -> None:
    made = await community.comments.CreateComment(_write(video, "  Now I get it\n"), metadata=loopback.as_user(ADA))
    assert (made.text, made.user_id, made.moderation_status) == (TEXT, ADA, pb.MODERATION_STATUS_APPROVED)
    assert not made.is_hidden
    listed = await community.comments.ListComments(
        pb.ListCommentsRequest(video_id=video.id), metadata=loopback.as_user(BOB)
    )
    assert list(listed.comments) == [made]
    assert listed.next_page_token == ""


async def test_content_and_inference_are_asked_once_for_it(community, loopback, video) -> None:
    for _ in range(2):
        await community.comments.CreateComment(_write(video), metadata=loopback.as_user(ADA))
    assert community.content.asked == 1
    assert [(request.content, request.user_id) for request in community.inference.asked] == [(TEXT, ADA), (TEXT, ADA)]


async def test_a_refused_comment_names_the_reasons_and_is_not_saved(community, loopback, video) -> None:
    community.inference.rule = lambda text: ModerateResponse(reasons=["It attacks a person."])
    with pytest.raises(InvalidArgument, match="It attacks a person") as refused:
        await community.comments.CreateComment(_write(video), metadata=loopback.as_user(ADA))
    assert refused.value.reason == "COMMENT_REJECTED"
    assert refused.value.metadata["reasons"] == "It attacks a person."
    assert await _listed(community, loopback, video, ADA) == []


async def test_with_inference_down_a_comment_is_withheld_not_lost_and_not_published(community, loopback, video) -> None:
    community.inference.failure = Unavailable(service="inference")
    made = await community.comments.CreateComment(_write(video), metadata=loopback.as_user(ADA))
    assert made.moderation_status == pb.MODERATION_STATUS_WITHHELD
    assert made.is_hidden
    assert made.moderation_reason
    assert await _listed(community, loopback, video, ADA) == [made]
    assert await _listed(community, loopback, video, BOB, role="MODERATOR") == [made]
    assert await _listed(community, loopback, video, BOB) == []


async def test_an_own_withheld_comment_cannot_be_found_by_others_in_any_way(community, loopback, video) -> None:
    community.inference.failure = Unavailable(service="inference")
    made = await community.comments.CreateComment(_write(video), metadata=loopback.as_user(ADA))
    community.inference.failure = None
    for attempt in (
        community.comments.ListReplies(pb.ListRepliesRequest(comment_id=made.id), metadata=loopback.as_user(BOB)),
        community.comments.GetComment(pb.GetCommentRequest(comment_id=made.id), metadata=loopback.as_user(BOB)),
        community.comments.CreateComment(_write(video, parent_id=made.id), metadata=loopback.as_user(BOB)),
    ):
        with pytest.raises(NotFound) as missing:
            await attempt
        assert missing.value.reason == "COMMENT_NOT_FOUND"


async def test_with_content_down_a_comment_on_an_unknown_video_says_so(community, loopback, video) -> None:
    community.content.failure = Unavailable(service="content")
    with pytest.raises(Unavailable):
        await community.comments.CreateComment(_write(video), metadata=loopback.as_user(ADA))


async def test_two_requests_with_one_request_id_at_once_make_one_comment(community, loopback, video) -> None:
    request = _write(video, request_id=new_id())
    calls = [community.comments.CreateComment(request, metadata=loopback.as_user(ADA)) for _ in range(8)]
    made = await asyncio.gather(*calls)
    assert len({comment.id for comment in made}) == 1
    assert len(await _listed(community, loopback, video, ADA)) == 1


async def test_twenty_answers_at_once_are_all_counted_with_strictly_growing_versions(
    community, loopback, video, broker
) -> None:
    parent = await community.comments.CreateComment(_write(video), metadata=loopback.as_user(ADA))
    async with broker.subscribe("comment.created") as told:
        answer = _write(video, parent_id=parent.id)
        calls = [community.comments.CreateComment(answer, metadata=loopback.as_user(new_id())) for _ in range(20)]
        await asyncio.gather(*calls)
        events: list[CommentCreated] = []
        async for message in told:
            event = CommentCreated.FromString(message.data)
            events += [event] if event.comment.parent_id == parent.id else []
            if len(events) == 20:
                break
    assert [event.version for event in events] == list(range(2, 22))
    assert [event.comment_count for event in events] == list(range(2, 22))
    assert [comment.reply_count for comment in await _listed(community, loopback, video, ADA)] == [20]


async def test_a_request_id_of_somebody_else_answers_nothing_of_theirs(community, loopback, video) -> None:
    request = _write(video, request_id=new_id())
    ada = await community.comments.CreateComment(request, metadata=loopback.as_user(ADA))
    bob = await community.comments.CreateComment(request, metadata=loopback.as_user(BOB))
    assert (ada.user_id, bob.user_id) == (ADA, BOB)


@pytest.mark.parametrize("order", ["", "newest", "oldest", "top"])
async def test_pages_of_every_order_hold_each_thread_once(community, loopback, video, order) -> None:
    made = [await community.comments.CreateComment(_write(video), metadata=loopback.as_user(ADA)) for _ in range(5)]
    await community.comments.CreateComment(_write(video, parent_id=made[2].id), metadata=loopback.as_user(BOB))
    seen, token = [], ""
    while True:
        request = pb.ListCommentsRequest(video_id=video.id, page_size=2, page_token=token, sort=order)
        page = await community.comments.ListComments(request, metadata=loopback.as_user(BOB))
        seen += [comment.id for comment in page.comments]
        if not (token := page.next_page_token):
            break
    ids = [comment.id for comment in made]
    newest = ids[::-1]
    expected = {"oldest": ids, "top": [ids[2], *(i for i in newest if i != ids[2])]}.get(order, newest)
    assert seen == expected


async def test_a_page_token_of_another_sort_is_refused(community, loopback, video) -> None:
    for _ in range(2):
        await community.comments.CreateComment(_write(video), metadata=loopback.as_user(ADA))
    request = pb.ListCommentsRequest(video_id=video.id, page_size=1)
    page = await community.comments.ListComments(request, metadata=loopback.as_user(ADA))
    with pytest.raises(InvalidArgument) as refused:
        await community.comments.ListComments(
            pb.ListCommentsRequest(video_id=video.id, page_size=1, page_token=page.next_page_token, sort="top"),
            metadata=loopback.as_user(ADA),
        )
    assert refused.value.reason == "PAGE_TOKEN_INVALID"


async def test_answers_are_counted_and_listed_the_oldest_first(community, loopback, video) -> None:
    parent = await community.comments.CreateComment(_write(video), metadata=loopback.as_user(ADA))
    answers = [
        await community.comments.CreateComment(_write(video, parent_id=parent.id), metadata=loopback.as_user(BOB))
        for _ in range(3)
    ]
    request = pb.ListRepliesRequest(comment_id=parent.id, page_size=2)
    first = await community.comments.ListReplies(request, metadata=loopback.as_user(ADA))
    request.page_token = first.next_page_token
    rest = await community.comments.ListReplies(request, metadata=loopback.as_user(ADA))
    assert [*first.comments, *rest.comments] == answers
    assert [comment.reply_count for comment in await _listed(community, loopback, video, ADA)] == [3]


async def test_an_id_in_upper_case_is_the_same_video_also_for_those_who_watch(community, loopback, video) -> None:
    stream = await community.watch(video, BOB)
    request = pb.CreateCommentRequest(video_id=video.id.upper(), text=TEXT)
    made = await community.comments.CreateComment(request, metadata=loopback.as_user(ADA))
    assert (made.video_id, (await stream.read()).comment) == (video.id, made)
    shouted = pb.ListCommentsRequest(video_id=video.id.upper())
    assert list((await community.comments.ListComments(shouted, metadata=loopback.as_user(BOB))).comments) == [made]


async def test_one_comment_is_read_by_its_id(community, loopback, video) -> None:
    made = await community.comments.CreateComment(_write(video, "safe\u202etxt.exe"), metadata=loopback.as_user(ADA))
    request = pb.GetCommentRequest(comment_id=made.id)
    assert await community.comments.GetComment(request, metadata=loopback.as_user(BOB)) == made
    assert made.text == "safetxt.exe"
    with pytest.raises(NotFound):
        await community.comments.GetComment(pb.GetCommentRequest(comment_id=new_id()), metadata=loopback.as_user(BOB))


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"text": ""}, InvalidArgument),
        ({"text": "\u00a0"}, InvalidArgument),
        ({"text": "x" * 2001}, InvalidArgument),
        ({"text": "a\x00b"}, InvalidArgument),
        ({"video_id": "not an id"}, InvalidArgument),
        ({"video_id": new_id()}, NotFound),
        ({"parent_id": new_id()}, NotFound),
    ],
)
async def test_a_comment_that_cannot_be_is_refused(
    community, loopback, video, fields, kind: type[ServiceError]
) -> None:
    request = pb.CreateCommentRequest(**{"video_id": video.id, "text": TEXT} | fields)
    with pytest.raises(kind):
        await community.comments.CreateComment(request, metadata=loopback.as_user(ADA))


async def test_nobody_comments_or_reads_without_signing_in(community, video) -> None:
    for attempt in (
        community.comments.CreateComment(_write(video)),
        community.comments.ListComments(pb.ListCommentsRequest(video_id=video.id)),
    ):
        with pytest.raises(Unauthenticated):
            await attempt


async def _listed(community, loopback, video, user: str, role: str = "STUDENT") -> list[pb.Comment]:
    request = pb.ListCommentsRequest(video_id=video.id)
    return list((await community.comments.ListComments(request, metadata=loopback.as_user(user, role))).comments)
