"""ValidateContent over the wire: the service's own scripts pass, and a script that was tampered with is answered with why."""

import pytest
from loopback import Loopback

from inference_service.engine.pool import ModelPool
from inference_service.main import registrations
from littlemonster.common.v1 import study_pb2 as study
from littlemonster.inference.v1 import inference_service_pb2 as pb
from littlemonster.inference.v1.inference_service_pb2_grpc import GenerationServiceStub
from servicekit.errors import InvalidArgument, Unauthenticated


async def test_a_script_as_written_passes_and_a_tampered_one_is_told_what_is_wrong(
    loopback: Loopback, pool: ModelPool
) -> None:
    address = await loopback.serve(registrations(pool))
    stub = GenerationServiceStub(loopback.channel(address, as_service="content"))
    script = await stub.GenerateScript(
        pb.GenerateScriptRequest(topic="Pythagorean theorem", subject=study.SUBJECT_MATH, seed=7)
    )
    good = await stub.ValidateContent(pb.ValidateContentRequest(script=script))
    assert good.valid
    assert 45 <= good.seconds <= 180

    script.key_points.append("3^2 + 4^2 = 26.")
    bad = await stub.ValidateContent(pb.ValidateContentRequest(script=script))
    assert not bad.valid
    assert bad.problems == ["This equation does not hold: 3**2 + 4**2 = 26."]

    with pytest.raises(InvalidArgument):
        await stub.ValidateContent(pb.ValidateContentRequest())
    with pytest.raises(Unauthenticated):
        await GenerationServiceStub(loopback.channel(address)).ValidateContent(pb.ValidateContentRequest(script=script))
