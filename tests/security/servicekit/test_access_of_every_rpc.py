"""Every RPC of the contracts, called over a real server as anybody: only whom its rule lets in gets past the door."""

import importlib
from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pool
from loopback import Loopback

from gateway.contracts import contract_files, rpcs
from littlemonster.common.v1 import access_pb2
from local_mesh.addresses import API_SERVICES
from servicekit.errors import InvalidArgument, ServiceError, Unauthenticated, Unimplemented
from servicekit.identity.access import RoleMissing, ServiceNotNamed
from servicekit.identity.tokens import ServiceTokens
from servicekit.ids import new_id

WHO = ("nobody", "STUDENT", "MODERATOR", "ADMIN")
LEAST = {
    access_pb2.ACCESS_PUBLIC: "nobody",
    access_pb2.ACCESS_UNSPECIFIED: "STUDENT",
    access_pb2.ACCESS_USER: "STUDENT",
    access_pb2.ACCESS_MODERATOR: "MODERATOR",
    access_pb2.ACCESS_ADMIN: "ADMIN",
}
# None is built here: who is let in learns that the request is empty, or that there is nothing behind it.
LET_IN = (InvalidArgument, Unimplemented)


def empty_servicers() -> list[Any]:
    """Every service of the contracts, with no method of its own."""
    registrations = []
    for file in contract_files():
        if file.service:
            stubs = importlib.import_module(file.name.replace("/", ".").replace(".proto", "_pb2_grpc"))
            registrations += [
                (getattr(stubs, f"add_{one.name}Servicer_to_server"), getattr(stubs, f"{one.name}Servicer")())
                for one in file.service
            ]
    return registrations


async def outcome(channel: grpc.aio.Channel, rpc: Any, metadata: Any) -> type[ServiceError]:
    """What an empty request meets."""
    call = channel.unary_stream if rpc.server_streaming else channel.unary_unary
    answer = call(rpc.grpc_path, bytes, bytes)(b"", metadata=metadata)
    try:
        _ = [each async for each in answer] if rpc.server_streaming else await answer
    except ServiceError as error:
        return type(error)
    raise AssertionError(f"{rpc.full_name} answered")


@pytest.mark.parametrize("who", WHO)
async def test_an_rpc_lets_in_whom_its_rule_names_and_nobody_less(loopback: Loopback, who: str) -> None:
    channel = loopback.channel(await loopback.serve(empty_servicers()))
    metadata = None if who == "nobody" else loopback.as_user(new_id(), who)
    met = {rpc.full_name: await outcome(channel, rpc, metadata) for rpc in rpcs()}
    refusal = Unauthenticated if who == "nobody" else RoleMissing
    for rpc in rpcs():
        let_in = rpc.is_exposed and WHO.index(who) >= WHO.index(LEAST[rpc.access])
        assert issubclass(met[rpc.full_name], LET_IN if let_in else refusal), (rpc.full_name, met[rpc.full_name])


@pytest.mark.parametrize("service", API_SERVICES)
async def test_a_service_is_let_in_where_the_contract_names_it_and_nowhere_else(
    loopback: Loopback, service: str
) -> None:
    channel = loopback.channel(await loopback.serve(empty_servicers()))
    token = ServiceTokens(service, loopback.service_key).token()
    for rpc in rpcs():
        method = descriptor_pool.Default().FindMethodByName(rpc.full_name)
        named = service in method.GetOptions().Extensions[access_pb2.callers]
        met = await outcome(channel, rpc, (("authorization", f"Bearer {token}"),))
        assert issubclass(met, LET_IN if named or rpc.is_public else ServiceNotNamed), (rpc.full_name, met)


async def test_a_forged_token_is_as_good_as_none(loopback: Loopback) -> None:
    channel = loopback.channel(await loopback.serve(empty_servicers()))
    metadata = (("authorization", f"Bearer {loopback.token(new_id(), iss='somebody else')}"),)
    for rpc in rpcs():
        met = await outcome(channel, rpc, metadata)
        assert issubclass(met, LET_IN if rpc.is_public else Unauthenticated), rpc.full_name


@pytest.mark.parametrize("value", ["Basic YTpi", "Bearer", "Bearer ", "bearer", "token", "Bearer a b"])
async def test_another_kind_of_authorization_is_refused(loopback: Loopback, value: str) -> None:
    channel = loopback.channel(await loopback.serve(empty_servicers()))
    guarded = next(rpc for rpc in rpcs() if not rpc.is_public)
    assert issubclass(await outcome(channel, guarded, (("authorization", value),)), Unauthenticated)
