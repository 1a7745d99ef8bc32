"""Every catalogue and every moderator keeps this contract; the real ones ask servers on loopback."""

from datetime import timedelta

import pytest
from fakes.community.made import a_video
from fakes.community.peers import APPROVED, ContentServicer, FakeCatalogue, FakeModerator, InferenceServicer
from loopback import Loopback

from community_service.clients import ContentCatalogue, InferenceModerator
from community_service.domain.comments import UNCHECKED, ModerationStatus, Verdict
from community_service.ports import Catalogue, Moderator
from littlemonster.content.v1 import content_service_pb2 as content
from littlemonster.content.v1.content_service_pb2_grpc import add_VideoServiceServicer_to_server
from littlemonster.inference.v1.inference_service_pb2 import ModerateResponse
from littlemonster.inference.v1.inference_service_pb2_grpc import add_ModerationServiceServicer_to_server
from servicekit.errors import ResourceExhausted, Unauthenticated, Unavailable
from servicekit.ids import new_id

SECONDS = timedelta(seconds=20)
VIDEO = a_video()
AUTHOR = new_id()
REFUSED = Verdict(ModerationStatus.REJECTED, "It attacks a person.", phase="model")


def _content_video(status: content.VideoStatus) -> content.Video:
    return content.Video(id=VIDEO.id, created_by=VIDEO.created_by, status=status)


@pytest.fixture
async def content_servicer() -> ContentServicer:
    return ContentServicer(_content_video(content.VIDEO_STATUS_PUBLIC))


@pytest.fixture(params=["fake", "grpc"])
async def catalogue(request: pytest.FixtureRequest, loopback: Loopback, content_servicer: ContentServicer) -> Catalogue:
    if request.param == "fake":
        return FakeCatalogue(VIDEO)
    address = await loopback.serve([(add_VideoServiceServicer_to_server, content_servicer)])
    return ContentCatalogue(loopback.channel(address, as_service="community"), SECONDS)


@pytest.fixture
async def inference_servicer() -> InferenceServicer:
    refused = ModerateResponse(reasons=[REFUSED.reason])
    return InferenceServicer(lambda text: refused if text == "You fool" else ModerateResponse(approved=True))


@pytest.fixture(params=["fake", "grpc"])
async def moderator(
    request: pytest.FixtureRequest, loopback: Loopback, inference_servicer: InferenceServicer
) -> Moderator:
    if request.param == "fake":
        return FakeModerator({"You fool": REFUSED})
    address = await loopback.serve([(add_ModerationServiceServicer_to_server, inference_servicer)])
    return InferenceModerator(loopback.channel(address, as_service="community"), SECONDS)


async def test_a_public_video_is_found(catalogue: Catalogue) -> None:
    assert await catalogue.find(VIDEO.id) == VIDEO


async def test_an_unknown_video_is_none(catalogue: Catalogue) -> None:
    assert await catalogue.find(new_id()) is None


async def test_a_video_that_is_not_public_is_none(loopback: Loopback) -> None:
    servicer = ContentServicer(_content_video(content.VIDEO_STATUS_PROCESSING))
    address = await loopback.serve([(add_VideoServiceServicer_to_server, servicer)])
    assert await ContentCatalogue(loopback.channel(address, as_service="community"), SECONDS).find(VIDEO.id) is None


@pytest.mark.parametrize("failure", [Unavailable(service="content"), Unauthenticated(), RuntimeError()])
async def test_content_failing_is_said_and_not_taken_for_an_unknown_video(
    loopback: Loopback, failure: Exception
) -> None:
    servicer = ContentServicer()
    servicer.failure = failure
    address = await loopback.serve([(add_VideoServiceServicer_to_server, servicer)])
    with pytest.raises(Unavailable):
        await ContentCatalogue(loopback.channel(address, as_service="community"), SECONDS).find(VIDEO.id)


async def test_a_fine_text_is_approved(moderator: Moderator) -> None:
    assert await moderator.judge("Now I get it", VIDEO.id, AUTHOR) == APPROVED


async def test_a_bad_text_is_refused_with_the_reasons(moderator: Moderator) -> None:
    assert await moderator.judge("You fool", VIDEO.id, AUTHOR) == REFUSED


@pytest.mark.parametrize(
    "failure", [Unavailable(service="inference"), ResourceExhausted(detail="full"), RuntimeError()]
)
async def test_a_moderator_that_fails_leaves_the_text_unchecked(
    loopback: Loopback, inference_servicer: InferenceServicer, failure: Exception
) -> None:
    inference_servicer.failure = failure
    address = await loopback.serve([(add_ModerationServiceServicer_to_server, inference_servicer)])
    moderator = InferenceModerator(loopback.channel(address, as_service="community"), SECONDS)
    assert await moderator.judge("Now I get it", VIDEO.id, AUTHOR) == UNCHECKED


async def test_a_moderator_that_is_not_there_leaves_the_text_unchecked(loopback: Loopback) -> None:
    nobody = loopback.channel("127.0.0.1:1", as_service="community")
    assert await InferenceModerator(nobody, SECONDS).judge("Now I get it", VIDEO.id, AUTHOR) == UNCHECKED


async def test_what_is_judged_is_a_comment_on_its_video_and_counts_for_its_author(
    loopback: Loopback, inference_servicer: InferenceServicer
) -> None:
    address = await loopback.serve([(add_ModerationServiceServicer_to_server, inference_servicer)])
    await InferenceModerator(loopback.channel(address, as_service="community"), SECONDS).judge(
        "Now I get it", VIDEO.id, AUTHOR
    )
    asked = [
        (request.type, request.content, request.context.video_id, request.user_id)
        for request in inference_servicer.asked
    ]
    assert asked == [("COMMENT", "Now I get it", VIDEO.id, AUTHOR)]
