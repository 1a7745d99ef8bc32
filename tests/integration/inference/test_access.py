"""Who may call what."""

import grpc
import pytest
from integration.inference.conftest import PYTHAGORAS
from loopback import Loopback

from littlemonster.inference.v1 import inference_service_pb2 as pb
from littlemonster.inference.v1.inference_service_pb2_grpc import GenerationServiceStub, ModelServiceStub
from servicekit.errors import PermissionDenied, Unauthenticated
from servicekit.ids import new_id


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
