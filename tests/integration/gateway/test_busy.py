"""Real services that have enough to do, behind a real gateway: who comes then is told when to come back, twice."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from fakes.inference.engine import FakeShelf
from fakes.processes import AuthKeys
from integration.content.conftest import broker, content, database, serve_api, urls  # noqa: F401  # fixtures
from integration.inference.conftest import nano_spec
from loopback import Loopback

from content_service.domain import MOST_WAITING
from inference_service.engine.supervised import Patience, SupervisedEngine
from inference_service.main import registrations
from inference_service.storage import read_registry
from littlemonster.auth.v1.auth_service_pb2_grpc import add_AuthServiceServicer_to_server
from littlemonster.common.v1.study_pb2 import SUBJECT_MATH
from littlemonster.content.v1.content_service_pb2 import BatchCreateVideosRequest, CreateVideoRequest
from local_mesh.readiness import wait_until
from servicekit.ids import new_id

OpenClient = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.fixture
async def open_client(start_gateway: Callable[..., Any], loopback: Loopback) -> AsyncIterator[OpenClient]:
    """Opens a REST client of a gateway before services of the test: `await open_client(token, content=address)`."""
    with ExitStack() as gateways:

        async def opened(token: str, **services: str) -> httpx.AsyncClient:
            keys = await loopback.serve([(add_AuthServiceServicer_to_server, AuthKeys(loopback))])
            starting = start_gateway({"auth": keys, **services}, has_keys=False)
            gateway = await asyncio.to_thread(gateways.enter_context, starting)
            bearer = {"authorization": f"Bearer {token}"}
            client = httpx.AsyncClient(base_url=gateway.url, headers=bearer, timeout=30)
            loopback.stack.push_async_callback(client.aclose)

            async def has_keys() -> bool:
                return (await client.get("/.well-known/jwks.json")).status_code == 200

            assert await wait_until(has_keys, 60)
            return client

        yield opened


def _assert_busy(answer: httpx.Response, reason: str, seconds: int) -> None:
    error = answer.json()
    info, retry = error["details"]
    assert (answer.status_code, error["code"], info["reason"]) == (429, 8, reason)
    assert retry == {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{seconds}s"}
    assert answer.headers["retry-after"] == str(seconds)
    assert answer.headers["content-type"] == "application/json"


async def test_a_model_for_which_enough_wait_is_busy(open_client: OpenClient, loopback: Loopback) -> None:
    card = read_registry().card("little-monster-nano")
    nobody_may_wait = SupervisedEngine(card, nano_spec(512), Patience(waiting=0))
    address = await loopback.serve(registrations(FakeShelf(nobody_may_wait)))
    client = await open_client(loopback.token(new_id(), "MODERATOR"), inference=address)
    _assert_busy(await client.post("/v1/inference/generate:stream", json={"prompt": "x"}), "ENGINE_BUSY", 1)


async def test_who_has_as_many_lessons_waiting_as_one_account_may_have_is_asked_to_wait_for_them(
    open_client: OpenClient,
    loopback: Loopback,
    content: Any,  # noqa: F811  # the fixture
) -> None:
    me, wish = new_id(), CreateVideoRequest(topic="Adding up", subject=SUBJECT_MATH)
    for size in (50, MOST_WAITING - 50):
        batch = BatchCreateVideosRequest(requests=[wish] * size)
        await content.videos.BatchCreateVideos(batch, metadata=loopback.as_user(me))
    client = await open_client(loopback.token(me), content=content.api)
    one_more = {"topic": "Adding up", "subject": "SUBJECT_MATH"}
    _assert_busy(await client.post("/v1/videos", json=one_more), "TOO_MANY_LESSONS", 60)
