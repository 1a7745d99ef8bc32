"""Answers of the model as it writes them: where they wait, how they end, and what ends them before."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator

import grpc
import pytest
from google.protobuf.struct_pb2 import Struct
from integration.inference.conftest import PYTHAGORAS, Stream
from loopback import Loopback

from inference_service.engine.supervised import SupervisedEngine
from littlemonster.inference.v1 import inference_service_pb2 as pb
from littlemonster.inference.v1.inference_service_pb2_grpc import GenerationServiceStub
from local_mesh.readiness import wait_until
from servicekit.errors import DeadlineExceeded, FailedPrecondition, InvalidArgument, NotFound, ServiceError, Unavailable
from servicekit.ids import new_id


async def _all(stream: AsyncIterator[pb.GenerateStreamResponse]) -> list[pb.GenerateStreamResponse]:
    return [piece async for piece in stream]


async def test_a_stream_ends_with_its_only_finish_reason(
    anybody: grpc.aio.Channel, loopback: Loopback, engine: SupervisedEngine
) -> None:
    request = pb.GenerateStreamRequest(
        prompt="topic: the Black Death 🦠", max_tokens=20, seed=3, model=engine.card.name
    )
    moderator = loopback.as_user(new_id(), "MODERATOR")
    pieces = await _all(GenerationServiceStub(anybody).GenerateStream(request, metadata=moderator))
    assert pieces[-1].finish_reason in ("stop", "length")
    assert not any(piece.finish_reason for piece in pieces[:-1])


@pytest.mark.parametrize(
    ("request_", "error", "reason"),
    [
        (pb.GenerateStreamRequest(prompt="x", model="gpt"), NotFound, "MODEL_NOT_FOUND"),
        (pb.GenerateStreamRequest(prompt="x", schema=Struct()), InvalidArgument, "SCHEMA_REFUSED"),
        (pb.GenerateStreamRequest(prompt="漢字" * 2000), InvalidArgument, "PROMPT_TOO_LONG"),
        (pb.GenerateStreamRequest(prompt="x", max_tokens=4096), InvalidArgument, "PROMPT_TOO_LONG"),
        (pb.GenerateStreamRequest(prompt="a\0b"), InvalidArgument, "REQUEST_INVALID"),
        (pb.GenerateStreamRequest(prompt=""), InvalidArgument, "REQUEST_INVALID"),
    ],
)
async def test_a_stream_that_cannot_be_written_fails_before_its_first_piece(
    request_: pb.GenerateStreamRequest, error: type[ServiceError], reason: str, stream: Stream
) -> None:
    with pytest.raises(error) as refusal:
        await _all(stream(request_))
    assert refusal.value.reason == reason


async def test_a_model_that_dies_fails_the_call_and_serves_the_next(
    service: grpc.aio.Channel, stream: Stream, engine: SupervisedEngine
) -> None:
    stub = GenerationServiceStub(service)
    await stub.GenerateScript(PYTHAGORAS)
    assert engine.process_id
    # Stopped first, so that the stream is surely unfinished when the process is killed.
    os.kill(engine.process_id, signal.SIGSTOP)
    call = asyncio.ensure_future(_all(stream(pb.GenerateStreamRequest(prompt="topic: probability"))))

    async def arrived() -> bool:
        return engine.waiting == 1

    assert await wait_until(arrived, 60)
    os.kill(engine.process_id, signal.SIGKILL)
    with pytest.raises(Unavailable, match="send the request again") as failure:
        await call
    assert failure.value.reason == "ENGINE_CRASHED"
    assert (await stub.GenerateScript(PYTHAGORAS)).title == "The Pythagorean Theorem"


async def test_an_answer_with_a_schema_comes_whole_and_follows_it(stream: Stream) -> None:
    schema = Struct()
    schema.update(
        {"type": "object", "properties": {"title": {"type": "string", "maxLength": 40}}, "required": ["title"]}
    )
    request = pb.GenerateStreamRequest(prompt="topic: fractions", max_tokens=60, seed=1, schema=schema)
    (answer,) = await _all(stream(request))
    assert list(json.loads(answer.text)) == ["title"]
    assert answer.finish_reason == "stop"
    assert answer.prompt_token_count > 0


async def test_a_schema_that_finds_no_room_is_an_error_and_never_half_an_answer(stream: Stream) -> None:
    schema = Struct()
    schema.update({"type": "string", "minLength": 200})
    request = pb.GenerateStreamRequest(prompt="topic: fractions", max_tokens=8, schema=schema)
    with pytest.raises(FailedPrecondition, match="in 3 attempts: it is no JSON") as refusal:
        await _all(stream(request))
    assert refusal.value.reason == "SCHEMA_NOT_FOLLOWED"


async def test_a_stream_that_waits_says_its_position(
    service: grpc.aio.Channel, stream: Stream, engine: SupervisedEngine
) -> None:
    stub = GenerationServiceStub(service)
    await stub.GenerateScript(PYTHAGORAS)
    assert engine.process_id
    os.kill(engine.process_id, signal.SIGSTOP)
    request = pb.GenerateStreamRequest(prompt="topic: probability", max_tokens=4)
    calls = [asyncio.ensure_future(_all(stream(request))) for _ in range(2)]

    async def both_arrived() -> bool:
        return engine.waiting == 2

    assert await wait_until(both_arrived, 60)
    os.kill(engine.process_id, signal.SIGCONT)
    firsts = [answer[0].queue_position for answer in await asyncio.gather(*calls)]
    assert sorted(firsts) == [0, 1]


async def test_a_deadline_ends_the_work_as_well_as_the_call(
    service: grpc.aio.Channel, stream: Stream, engine: SupervisedEngine
) -> None:
    stub = GenerationServiceStub(service)
    await stub.GenerateScript(PYTHAGORAS)
    assert engine.process_id
    os.kill(engine.process_id, signal.SIGSTOP)
    with pytest.raises(DeadlineExceeded):
        await _all(stream(pb.GenerateStreamRequest(prompt="x", max_tokens=400), timeout=0.3))
    os.kill(engine.process_id, signal.SIGCONT)

    async def idle() -> bool:
        return engine.waiting == 0

    assert await wait_until(idle, 60)
