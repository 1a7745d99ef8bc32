"""Scripts of lessons, and which topics have one: the whole service on loopback, with the shipped model in its process."""

import grpc
import pytest
from integration.inference.conftest import PYTHAGORAS

from inference_service.engine.supervised import SupervisedEngine
from littlemonster.common.v1 import study_pb2 as study
from littlemonster.inference.v1 import inference_service_pb2 as pb
from littlemonster.inference.v1.inference_service_pb2_grpc import GenerationServiceStub
from servicekit.errors import FailedPrecondition


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
