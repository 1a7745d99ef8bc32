"""Signing out ends a session in services that never ask auth: real processes, one NATS."""

import asyncio

import pytest
from integration.auth.conftest import PASSWORD, bearer
from integration.auth.two_services import Mesh
from loopback import Loopback, Metadata

from littlemonster.auth.v1 import auth_service_pb2 as auth_pb2
from littlemonster.auth.v1.auth_service_pb2_grpc import AuthServiceStub
from littlemonster.planner.v1.planner_service_pb2 import ListEventsRequest
from littlemonster.planner.v1.planner_service_pb2_grpc import PlannerServiceStub
from servicekit.errors import SessionRevoked

PATIENCE_SECONDS = 60


async def ask_on(planner: PlannerServiceStub, metadata: Metadata) -> None:
    """Asks until it is refused."""
    while True:
        await planner.ListEvents(ListEventsRequest(), metadata=metadata)


async def refused(planner: PlannerServiceStub, metadata: Metadata) -> None:
    with pytest.raises(SessionRevoked):
        await asyncio.wait_for(ask_on(planner, metadata), PATIENCE_SECONDS)


async def test_a_session_that_was_ended_is_refused_by_another_service_also_one_that_starts_later(
    mesh_of_two: Mesh, account_email: str, loopback: Loopback
) -> None:
    async with mesh_of_two.process("auth") as address:
        auth = AuthServiceStub(loopback.channel(address))
        request = auth_pb2.LoginRequest(email=account_email, password=PASSWORD)
        ended, living = await auth.Login(request), await auth.Login(request)
        async with mesh_of_two.process("planner") as early:
            planner = PlannerServiceStub(loopback.channel(early))
            for tokens in (ended, living):
                await planner.ListEvents(ListEventsRequest(), metadata=bearer(tokens))
            # The worker, which tells the others, is away at first: as after a crash.
            await auth.Logout(auth_pb2.LogoutRequest(), metadata=bearer(ended))
            await planner.ListEvents(ListEventsRequest(), metadata=bearer(ended))
            async with mesh_of_two.process("auth", "worker"):
                await refused(planner, bearer(ended))
            await planner.ListEvents(ListEventsRequest(), metadata=bearer(living))
        async with mesh_of_two.process("planner") as late:
            planner = PlannerServiceStub(loopback.channel(late))
            await refused(planner, bearer(ended))
            await planner.ListEvents(ListEventsRequest(), metadata=bearer(living))
