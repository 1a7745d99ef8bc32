"""The whole service on loopback, with the shipped model in its process."""

import grpc
import pytest
from integration.inference.conftest import PYTHAGORAS
from loopback import Loopback

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
from servicekit.errors import FailedPrecondition, NotFound, PermissionDenied, Unauthenticated
from servicekit.ids import new_id


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
        await anext(aiter(generation.GenerateStream(pb.GenerateStreamRequest(prompt="x"), metadata=student)))
    with pytest.raises(PermissionDenied):
        await ModelServiceStub(anybody).ListModels(pb.ListModelsRequest(), metadata=student)


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
