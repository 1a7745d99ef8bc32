"""The whole service on loopback, with the shipped model in its process."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Callable
from functools import partial

import grpc
import pytest
from google.protobuf.struct_pb2 import Struct
from loopback import Loopback

from inference_service.domain.models import Task
from inference_service.engine.pool import ModelPool
from inference_service.engine.supervised import SupervisedEngine
from inference_service.main import registrations
from littlemonster.common.v1 import study_pb2 as study
from littlemonster.inference.v1 import inference_service_pb2 as pb
from littlemonster.inference.v1.inference_service_pb2_grpc import (
    GenerationServiceStub,
    ModelServiceStub,
    ModerationServiceStub,
)
from local_mesh.readiness import wait_until
from servicekit.errors import (
    DeadlineExceeded,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ServiceError,
    Unauthenticated,
    Unavailable,
)
from servicekit.ids import new_id

Stream = Callable[..., AsyncIterator[pb.GenerateStreamResponse]]
PYTHAGORAS = pb.GenerateScriptRequest(topic="Pythagorean theorem", subject=study.SUBJECT_MATH, seed=7)


@pytest.fixture
async def engine(pool: ModelPool) -> SupervisedEngine:
    return await pool.engine(Task.LINES)


@pytest.fixture
async def address(loopback: Loopback, pool: ModelPool) -> str:
    return await loopback.serve(registrations(pool))


@pytest.fixture
def service(loopback: Loopback, address: str) -> grpc.aio.Channel:
    return loopback.channel(address, as_service="content")


@pytest.fixture
def anybody(loopback: Loopback, address: str) -> grpc.aio.Channel:
    return loopback.channel(address)


@pytest.fixture
def stream(anybody: grpc.aio.Channel, loopback: Loopback) -> Stream:
    """GenerateStream as a moderator calls it."""
    return partial(GenerationServiceStub(anybody).GenerateStream, metadata=loopback.as_user(new_id(), "MODERATOR"))


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
    assert "ph scale" in yes.aliases
    assert not no.supported
    assert (len(no.suggestions), list(no.aliases)) == (3, [])


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


async def test_who_seeks_help_reads_where_their_own_school_sends_them(loopback: Loopback, pool: ModelPool) -> None:
    channel = loopback.channel(await loopback.serve(registrations(pool, "Call 116 111, free and at any time.")))
    wish = pb.ModerateRequest(type="COMMENT", content="I want to die")
    told = await ModerationServiceStub(channel).Moderate(wish, metadata=loopback.as_user(new_id()))
    assert told.resources == "Call 116 111, free and at any time."


async def test_models_are_listed_for_admins_with_their_state(
    anybody: grpc.aio.Channel, loopback: Loopback, service: grpc.aio.Channel
) -> None:
    await GenerationServiceStub(service).GenerateScript(PYTHAGORAS)
    admin = loopback.as_user(new_id(), "ADMIN")
    model = (await ModelServiceStub(anybody).ListModels(pb.ListModelsRequest(), metadata=admin)).models[0]
    assert (model.name, model.state) == ("little-monster-nano", pb.Model.STATE_READY)
    assert 0 < model.size_mib <= 5


async def test_anybody_signed_in_learns_the_subject_and_the_language_of_a_text(anybody, loopback: Loopback) -> None:
    stub, student = ModerationServiceStub(anybody), loopback.as_user(new_id())
    about = await stub.ClassifySubject(pb.ClassifySubjectRequest(content="balance the equation"), metadata=student)
    nothing = await stub.ClassifySubject(pb.ClassifySubjectRequest(content="who won the match"), metadata=student)
    spoken = await stub.DetectLanguage(pb.DetectLanguageRequest(content="Wie geht es dir?"), metadata=student)
    assert about.subject in (study.SUBJECT_CHEMISTRY, study.SUBJECT_MATH)
    assert nothing.subject == study.SUBJECT_UNSPECIFIED
    assert (spoken.language, spoken.confidence > 0.5) == ("de", True)
    with pytest.raises(Unauthenticated):
        await stub.DetectLanguage(pb.DetectLanguageRequest(content="Hello"))


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

    assert await wait_until(both_arrived, 30)
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

    assert await wait_until(idle, 30)


TEXT = (
    "Photosynthesis is how plants make food. Plants take in carbon dioxide and water. Light gives the energy for it. "
    "In photosynthesis plants turn carbon dioxide and water into sugar and oxygen. The sugar feeds the plant. My aunt "
    "has a red bicycle. Oxygen leaves through the leaves."
)


async def test_a_text_is_made_short_from_its_own_sentences(service: grpc.aio.Channel) -> None:
    stub = GenerationServiceStub(service)
    summary = await stub.GenerateSummary(pb.GenerateSummaryRequest(text=TEXT))
    points = await stub.GenerateKeyPoints(pb.GenerateKeyPointsRequest(text=TEXT))
    assert "plants turn carbon dioxide and water into sugar" in summary.summary
    assert "bicycle" not in summary.summary
    assert (summary.source, points.source) == ("textrank/1", "textrank/1")
    assert len(points.key_points) == 5
    assert all(point in TEXT for point in points.key_points)


async def test_related_texts_lie_nearer_than_others(service: grpc.aio.Channel) -> None:
    texts = [
        "The longest side of a right triangle is the hypotenuse.",
        "Pythagoras: a² + b² = c²",
        "The plague of 1348",
    ]
    answer = await GenerationServiceStub(service).Embed(pb.EmbedRequest(texts=texts))
    triangle, pythagoras, plague = (embedding.values for embedding in answer.embeddings)
    assert len(triangle) == 384
    assert sum(map(float.__mul__, triangle, pythagoras)) > 0.1 + sum(map(float.__mul__, triangle, plague))


async def test_a_model_is_loaded_and_unloaded_by_an_admin(anybody: grpc.aio.Channel, loopback: Loopback) -> None:
    stub, admin = ModelServiceStub(anybody), loopback.as_user(new_id(), "ADMIN")
    name = "little-monster-nano"
    for _ in range(2):
        assert (await stub.LoadModel(pb.LoadModelRequest(model=name), metadata=admin)).state == pb.Model.STATE_READY
    for _ in range(2):
        unloaded = await stub.UnloadModel(pb.UnloadModelRequest(model=name), metadata=admin)
        assert unloaded.state == pb.Model.STATE_INSTALLED
    with pytest.raises(NotFound) as unknown:
        await stub.LoadModel(pb.LoadModelRequest(model="gpt"), metadata=admin)
    assert unknown.value.reason == "MODEL_NOT_FOUND"
    with pytest.raises(PermissionDenied):
        await stub.LoadModel(pb.LoadModelRequest(model=name), metadata=loopback.as_user(new_id(), "MODERATOR"))
