"""The service as it is deployed: two processes told everything by their environment."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from fakes import processes
from fakes.community.peers import ContentServicer, InferenceServicer
from fakes.community.watch import Watch
from fakes.processes import AuthKeys, running
from loopback import Loopback

from community_service.domain.comments import Video
from littlemonster.auth.v1.auth_service_pb2_grpc import add_AuthServiceServicer_to_server
from littlemonster.community.v1 import community_service_pb2 as pb
from littlemonster.community.v1.community_service_pb2_grpc import CommentServiceStub
from littlemonster.content.v1 import content_service_pb2 as content
from littlemonster.content.v1.content_service_pb2_grpc import add_VideoServiceServicer_to_server
from littlemonster.inference.v1.inference_service_pb2_grpc import add_ModerationServiceServicer_to_server
from servicekit.ids import new_id


@pytest.fixture
async def environment(
    loopback: Loopback, own_nats: str, database_url: str, video: Video, tmp_path: Path
) -> Mapping[str, str]:
    """What both processes are told; the other services are servicers of the test."""
    known = content.Video(id=video.id, created_by=video.created_by, status=content.VIDEO_STATUS_PUBLIC)
    peers = await loopback.serve(
        [
            (add_AuthServiceServicer_to_server, AuthKeys(loopback)),
            (add_VideoServiceServicer_to_server, ContentServicer(known)),
            (add_ModerationServiceServicer_to_server, InferenceServicer()),
        ],
        processes.verifier("community", loopback),
    )
    addresses = dict.fromkeys(("LM_AUTH_ADDRESS", "LM_CONTENT_ADDRESS", "LM_INFERENCE_ADDRESS"), peers)
    backing_urls = {"LM_DATABASE_URL": database_url, "LM_NATS_URL": own_nats}
    return processes.environment("community", loopback, tmp_path, **addresses, **backing_urls)


async def test_a_comment_goes_through_both_processes_to_who_watches(
    loopback: Loopback, environment: Mapping[str, str], video: Video
) -> None:
    async with (
        running("community_service.main", environment, loopback) as api,
        running("community_service.worker", environment, loopback),
    ):
        stream = await Watch(loopback, api)(video, new_id())
        made = await CommentServiceStub(loopback.channel(api)).CreateComment(
            pb.CreateCommentRequest(video_id=video.id, text="Now I get it"), metadata=loopback.as_user(new_id())
        )
        seen = await stream.read()
        stream.cancel()
    assert seen.comment == made
