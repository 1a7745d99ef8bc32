"""The service as it is deployed: two processes told everything by their environment."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fakes.community.peers import ContentServicer, InferenceServicer
from loopback import KID, Loopback

from community_service.domain import Video
from littlemonster.auth.v1 import auth_service_pb2 as auth
from littlemonster.auth.v1.auth_service_pb2_grpc import AuthServiceServicer, add_AuthServiceServicer_to_server
from littlemonster.community.v1 import community_service_pb2 as pb
from littlemonster.community.v1.community_service_pb2_grpc import CommentServiceStub
from littlemonster.content.v1 import content_service_pb2 as content
from littlemonster.content.v1.content_service_pb2_grpc import add_VideoServiceServicer_to_server
from littlemonster.inference.v1.inference_service_pb2_grpc import add_ModerationServiceServicer_to_server
from local_mesh.readiness import grpc_health, wait_until
from servicekit.identity.keys import StaticKeys, jwk
from servicekit.identity.tokens import TokenVerifier
from servicekit.ids import new_id


class Auth(AuthServiceServicer):
    """The auth service, as far as others need its keys."""

    def __init__(self, loopback: Loopback) -> None:
        self._keys = auth.Jwks(keys=[auth.Jwk(**jwk(loopback.account_key.public_key(), KID))])

    async def GetJwks(self, request: auth.GetJwksRequest, context: Any) -> auth.Jwks:
        return self._keys


@pytest.fixture
async def environment(loopback: Loopback, backing, database_url: str, video: Video, tmp_path: Path) -> dict[str, str]:
    """What both processes are told; the other services are servicers of the test."""
    known = content.Video(id=video.id, created_by=video.created_by, status=content.VIDEO_STATUS_PUBLIC)
    peers = await loopback.serve(
        [
            (add_AuthServiceServicer_to_server, Auth(loopback)),
            (add_VideoServiceServicer_to_server, ContentServicer(known)),
            (add_ModerationServiceServicer_to_server, InferenceServicer()),
        ],
        TokenVerifier(StaticKeys({}), StaticKeys({"community": loopback.service_key.public_key()})),
    )
    key, keys = tmp_path / "community.pem", tmp_path / "keys.json"
    key.touch(mode=0o600)
    key.write_bytes(loopback.service_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    keys.write_text(json.dumps({"keys": [jwk(loopback.service_key.public_key(), "community")]}))
    return os.environ | {
        "LM_LISTEN": "127.0.0.1:0",
        "LM_DATABASE_URL": database_url,
        "LM_NATS_URL": backing.nats_url,
        "LM_AUTH_ADDRESS": peers,
        "LM_CONTENT_ADDRESS": peers,
        "LM_INFERENCE_ADDRESS": peers,
        "LM_SERVICE_KEY_FILE": str(key),
        "LM_SERVICE_KEYS_FILE": str(keys),
    }


@asynccontextmanager
async def _running(module: str, environment: dict[str, str]) -> AsyncIterator[str]:
    """A process of the service; its address, once it listens. It must end well when told to."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, env=environment, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    try:
        async for line in process.stdout:
            if port := json.loads(line).get("port"):
                break
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.stdout.read()
        assert await process.wait() == 0


async def test_a_comment_goes_through_both_processes_to_who_watches(
    loopback: Loopback, environment: dict[str, str], video: Video
) -> None:
    async with (
        _running("community_service.main", environment) as api,
        _running("community_service.worker", environment) as worker,
    ):
        for address in (api, worker):
            host, port = address.split(":")
            assert await wait_until(grpc_health(host, int(port)), 30)
        comments, user = CommentServiceStub(loopback.channel(api)), loopback.as_user(new_id())
        watched = comments.WatchComments(pb.WatchCommentsRequest(video_id=video.id), metadata=user)
        first = asyncio.ensure_future(anext(aiter(watched)))
        made = await _comment_until_seen(comments, user, video, first)
        watched.cancel()
    assert first.result().comment.id in made


async def _comment_until_seen(comments, user, video: Video, seen: asyncio.Future[pb.CommentChange]) -> list[str]:
    """Writes comments until the stream shows one: only then is it certain that the stream was open."""
    made: list[str] = []
    while not seen.done():
        request = pb.CreateCommentRequest(video_id=video.id, text=f"Now I get it {len(made)}")
        made.append((await comments.CreateComment(request, metadata=user)).id)
        await asyncio.wait([seen], timeout=1)
    return made
