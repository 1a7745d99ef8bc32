"""The whole service on loopback, with the shipped model in its process."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable

import grpc
import pytest
from google.protobuf.struct_pb2 import Struct
from loopback import Loopback

from inference_service.engine.supervised import SupervisedEngine
from inference_service.main import registrations
from inference_service.storage import Registry
from littlemonster.common.v1 import study_pb2 as study
from littlemonster.inference.v1 import inference_service_pb2 as pb
from littlemonster.inference.v1.inference_service_pb2_grpc import (
    GenerationServiceStub,
    ModelServiceStub,
    ModerationServiceStub,
)
from local_mesh.readiness import wait_until
from servicekit.errors import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ServiceError,
    Unauthenticated,
    Unavailable,
    Unimplemented,
)
from servicekit.ids import new_id

StartEngine = Callable[..., Awaitable[SupervisedEngine]]
PYTHAGORAS = pb.GenerateScriptRequest(topic="Pythagorean theorem", subject=study.SUBJECT_MATH, seed=7)


@pytest.fixture
async def engine(start_engine: StartEngine) -> SupervisedEngine:
    return await start_engine()


@pytest.fixture
async def address(loopback: Loopback, registry: Registry, engine: SupervisedEngine) -> str:
    return await loopback.serve(registrations(registry, engine))


@pytest.fixture
def service(loopback: Loopback, address: str) -> grpc.aio.Channel:
    return loopback.channel(address, as_service=True)


@pytest.fixture
def anybody(loopback: Loopback, address: str) -> grpc.aio.Channel:
    return loopback.channel(address)


async def _all(stream: AsyncIterator[pb.GenerateStreamResponse]) -> list[pb.GenerateStreamResponse]:
    return [piece async for piece in stream]


async def test_a_script_is_written_with_lines_of_the_model_and_is_the_same_for_its_seed(
    service: grpc.aio.Channel, engine: SupervisedEngine
) -> None:
    stub = GenerationServiceStub(service)
    script = await stub.GenerateScript(PYTHAGORAS)
    assert script.title == "The Pythagorean Theorem"
    assert script.difficulty == study.DIFFICULTY_STANDARD
    assert "Pythagorean" in script.scenes[0].title.say
    assert script.provenance.model_sha256 == engine.card.sha256
    assert script.provenance.model_line_count > 0
    assert await stub.GenerateScript(PYTHAGORAS) == script


async def test_a_topic_outside_the_pack_is_refused_with_the_nearest(service: grpc.aio.Channel) -> None:
    request = pb.GenerateScriptRequest(topic="cubic equations", subject=study.SUBJECT_MATH)
    with pytest.raises(FailedPrecondition, match="Quadratic Equations") as refusal:
        await GenerationServiceStub(service).GenerateScript(request)
    assert refusal.value.reason == "TOPIC_NOT_SUPPORTED"
    assert refusal.value.metadata["topic"] == "cubic equations"


async def test_a_topic_is_validated(service: grpc.aio.Channel) -> None:
    stub = GenerationServiceStub(service)
    yes = await stub.ValidateTopic(pb.ValidateTopicRequest(topic="ph scale", subject=study.SUBJECT_CHEMISTRY))
    no = await stub.ValidateTopic(pb.ValidateTopicRequest(topic="knitting", subject=study.SUBJECT_CHEMISTRY))
    assert (yes.supported, yes.title) == (True, "Acids and Bases")
    assert not no.supported
    assert len(no.suggestions) == 3


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
        (pb.GenerateStreamRequest(prompt="x", schema=Struct()), Unimplemented, "SCHEMA_NOT_SUPPORTED"),
        (pb.GenerateStreamRequest(prompt="漢字" * 2000), InvalidArgument, "PROMPT_TOO_LONG"),
        (pb.GenerateStreamRequest(prompt="x", max_tokens=4096), InvalidArgument, "PROMPT_TOO_LONG"),
        (pb.GenerateStreamRequest(prompt="a\0b"), InvalidArgument, "REQUEST_INVALID"),
        (pb.GenerateStreamRequest(prompt=""), InvalidArgument, "REQUEST_INVALID"),
    ],
)
async def test_a_stream_that_cannot_be_written_fails_before_its_first_piece(
    request_: pb.GenerateStreamRequest, error: type[ServiceError], reason: str, service: grpc.aio.Channel
) -> None:
    with pytest.raises(error) as refusal:
        await _all(GenerationServiceStub(service).GenerateStream(request_))
    assert refusal.value.reason == reason


async def test_a_model_that_dies_fails_the_call_and_serves_the_next(
    service: grpc.aio.Channel, engine: SupervisedEngine
) -> None:
    stub = GenerationServiceStub(service)
    await stub.GenerateScript(PYTHAGORAS)
    assert engine.process_id
    # Stopped first, so that the stream is surely unfinished when the process is killed.
    os.kill(engine.process_id, signal.SIGSTOP)
    call = asyncio.ensure_future(_all(stub.GenerateStream(pb.GenerateStreamRequest(prompt="topic: probability"))))

    async def arrived() -> bool:
        return engine.waiting == 1

    assert await wait_until(arrived, 30)
    os.kill(engine.process_id, signal.SIGKILL)
    with pytest.raises(Unavailable, match="send the request again") as failure:
        await call
    assert failure.value.reason == "ENGINE_CRASHED"
    assert (await stub.GenerateScript(PYTHAGORAS)).title == "The Pythagorean Theorem"


async def test_a_text_is_moderated_for_any_signed_in_user(anybody: grpc.aio.Channel, loopback: Loopback) -> None:
    stub, student = ModerationServiceStub(anybody), loopback.as_user(new_id())
    insult = await stub.Moderate(pb.ModerateRequest(type="COMMENT", content="you are an idiot"), metadata=student)
    help_ = await stub.Moderate(pb.ModerateRequest(type="COMMENT", content="I want to die"), metadata=student)
    history = pb.ModerationContext(subject=study.SUBJECT_HISTORY)
    lesson = pb.ModerateRequest(type="PROMPT", content="Torture in the Middle Ages", context=history)
    assert (insult.approved, list(insult.categories)) == (False, ["harassment"])
    assert help_.withheld
    assert help_.resources
    assert (await stub.Moderate(lesson, metadata=student)).approved


async def test_models_are_listed_for_admins_with_their_state(
    anybody: grpc.aio.Channel, loopback: Loopback, service: grpc.aio.Channel
) -> None:
    await GenerationServiceStub(service).GenerateScript(PYTHAGORAS)
    admin = loopback.as_user(new_id(), "ADMIN")
    (model,) = (await ModelServiceStub(anybody).ListModels(pb.ListModelsRequest(), metadata=admin)).models
    assert (model.name, model.state) == ("little-monster-nano", pb.Model.STATE_READY)
    assert 0 < model.size_mib <= 5


async def test_who_may_not_call_is_told_so(anybody: grpc.aio.Channel, loopback: Loopback) -> None:
    generation, student = GenerationServiceStub(anybody), loopback.as_user(new_id())
    with pytest.raises(Unauthenticated):
        await generation.GenerateScript(PYTHAGORAS)
    with pytest.raises(PermissionDenied):
        await generation.GenerateScript(PYTHAGORAS, metadata=student)
    with pytest.raises(PermissionDenied):
        await _all(generation.GenerateStream(pb.GenerateStreamRequest(prompt="x"), metadata=student))
    with pytest.raises(PermissionDenied):
        await ModelServiceStub(anybody).ListModels(pb.ListModelsRequest(), metadata=student)


async def test_what_is_not_built_yet_says_so(service: grpc.aio.Channel) -> None:
    with pytest.raises(Unimplemented, match=r"docs/api\.md"):
        await GenerationServiceStub(service).GenerateSummary(pb.GenerateSummaryRequest(text="x"))
