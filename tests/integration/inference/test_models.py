"""The models at hand, and who may load them."""

import grpc
import pytest
from integration.inference.conftest import PYTHAGORAS
from loopback import Loopback

from littlemonster.inference.v1 import inference_service_pb2 as pb
from littlemonster.inference.v1.inference_service_pb2_grpc import GenerationServiceStub, ModelServiceStub
from servicekit.errors import NotFound, PermissionDenied
from servicekit.ids import new_id


async def test_models_are_listed_for_admins_with_their_state(
    anybody: grpc.aio.Channel, loopback: Loopback, service: grpc.aio.Channel
) -> None:
    await GenerationServiceStub(service).GenerateScript(PYTHAGORAS)
    admin = loopback.as_user(new_id(), "ADMIN")
    model = (await ModelServiceStub(anybody).ListModels(pb.ListModelsRequest(), metadata=admin)).models[0]
    assert (model.name, model.state) == ("little-monster-nano", pb.Model.STATE_READY)
    assert 0 < model.size_mib <= 5


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
