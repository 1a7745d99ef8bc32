"""The phases of moderation through the real server, as strict as a school has them, raced on PostgreSQL."""

import asyncio
from datetime import timedelta

import pytest

from community_service.domain.phases import Rules
from littlemonster.community.v1 import community_service_pb2 as pb
from littlemonster.inference.v1.inference_service_pb2 import ModerateResponse
from servicekit.errors import InvalidArgument, ResourceExhausted
from servicekit.ids import new_id

ADA, BOB, MIA = new_id(), new_id(), new_id()


@pytest.fixture
def rules() -> Rules:
    return Rules(longest=100, rate=3, rate_window=timedelta(hours=1), words=frozenset({"skibidi"}))


@pytest.fixture
def write(community, loopback, video):
    def call(text: str, user: str = ADA, **fields: str):
        request = pb.CreateCommentRequest(video_id=video.id, text=text, **fields)
        return community.comments.CreateComment(request, metadata=loopback.as_user(user))

    return call


@pytest.mark.parametrize(("text", "phase"), [("x" * 101, "length"), ("So skibidi", "words")])
async def test_a_refusal_names_its_phase_and_asks_no_model(community, write, text, phase) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await write(text)
    assert (refused.value.reason, refused.value.metadata["phase"]) == ("COMMENT_REJECTED", phase)
    assert community.inference.asked == []


async def test_of_eight_equal_comments_at_once_one_is_saved(community, write) -> None:
    ends = await asyncio.gather(*(write("Buy my notes") for _ in range(8)), return_exceptions=True)
    [made] = [end for end in ends if isinstance(end, pb.Comment)]
    refused = [end for end in ends if isinstance(end, InvalidArgument)]
    assert (made.text, {each.metadata["phase"] for each in refused}, len(refused)) == ("Buy my notes", {"repeat"}, 7)


async def test_of_ten_comments_at_once_as_many_are_saved_as_the_rate_allows(write) -> None:
    ends = await asyncio.gather(*(write(f"Number {number}") for number in range(10)), return_exceptions=True)
    refused = [end for end in ends if isinstance(end, ResourceExhausted)]
    assert (sum(isinstance(end, pb.Comment) for end in ends), len(refused)) == (3, 7)
    assert {each.reason for each in refused} == {"COMMENTS_TOO_OFTEN"}
    assert all(each.retry_after for each in refused)
    assert (await write("Mine", BOB)).text == "Mine"


async def test_a_repeat_of_the_same_request_is_no_repetition(write) -> None:
    request_id = new_id()
    made = await asyncio.gather(*(write("Once", request_id=request_id) for _ in range(6)))
    assert len({comment.id for comment in made}) == 1


async def test_who_asks_for_help_reads_where_to_find_it_and_moderators_see_it_first(
    community, loopback, video, write
) -> None:
    await write("Fine")
    community.inference.failure = InvalidArgument()
    await write("Nobody could check this")
    community.inference.failure = None
    community.inference.rule = lambda text: ModerateResponse(
        withheld=True, reasons=["A person will look at this."], resources="Call 116 111."
    )
    made = await write("I feel so alone")
    assert (made.moderation_status, made.moderation_reason, made.help_resources) == (
        pb.MODERATION_STATUS_WITHHELD,
        "A person will look at this.",
        "Call 116 111.",
    )
    mia = loopback.as_user(MIA, "MODERATOR")
    queue = await community.comments.ListModerationQueue(pb.ListModerationQueueRequest(), metadata=mia)
    assert queue.items[0].comment == made
    assert list(queue.items[0].reasons) == ["Its author may need help."]
    request = pb.ModerateCommentRequest(comment_id=made.id, action=pb.MODERATION_ACTION_APPROVE)
    assert (await community.comments.ModerateComment(request, metadata=mia)).help_resources == ""
