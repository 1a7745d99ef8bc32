"""Two API processes of auth, asked at the same time.

They share PostgreSQL and Redis and nothing else: two processes as the mesh starts them, each with its own connections.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

import pytest
from integration.auth.people import People, Person
from integration.auth.two_services import Mesh, hashed
from loopback import Loopback, Metadata
from sqlalchemy import text

from littlemonster.auth.v1 import auth_service_pb2 as pb2
from littlemonster.auth.v1.auth_service_pb2_grpc import AuthServiceStub
from littlemonster.auth.v1.user_service_pb2_grpc import UserServiceStub
from servicekit.caller import Caller, acting_as
from servicekit.database import Database, compile_statement
from servicekit.errors import ServiceError

TIMES = 8


class Process:
    """One of the two, as clients meet it."""

    def __init__(self, loopback: Loopback, address: str) -> None:
        channel = loopback.channel(address)
        self.auth, self.users = AuthServiceStub(channel), UserServiceStub(channel)


Call = Callable[[Process], Awaitable[Any]]


@dataclass(frozen=True)
class Two:
    """Both processes, the database they share, and who is in it."""

    processes: Sequence[Process]
    database: Database
    people: People

    async def race(self, *calls: Call, times: int = TIMES) -> tuple[list[Any], Counter[str]]:
        """Makes `times` calls at once, in turns of `calls`, and of the processes for each.

        Returns what was answered, and how often which reason for a refusal.
        """
        pairs = cycle((call, process) for call in calls for process in self.processes)
        answers = (call(process) for call, process in islice(pairs, times))
        outcomes = await asyncio.gather(*answers, return_exceptions=True)
        refusals = [each for each in outcomes if isinstance(each, BaseException)]
        assert all(isinstance(each, ServiceError) for each in refusals), refusals
        reasons = Counter(each.reason for each in refusals if isinstance(each, ServiceError))
        return [each for each in outcomes if not isinstance(each, BaseException)], reasons

    async def count(self, rows: str, **values: str) -> int:
        """How many there are, such as "users WHERE email = :email"."""
        statement = compile_statement(text(f"SELECT count(*) FROM {rows}"), row=int)
        with acting_as(Caller.service("test")):
            found = await self.database.one(statement, **values)
        assert found is not None
        return found

    async def audited(self, person: Person, action: str, outcome: str = "success") -> int:
        """How often that was written down about somebody."""
        rows = "audit_events WHERE subject_id = :id AND action = :action AND outcome = :outcome"
        return await self.count(rows, id=person.account.id, action=action, outcome=outcome)


@pytest.fixture
async def two(mesh_of_two: Mesh, loopback: Loopback) -> AsyncIterator[Two]:
    """Two API processes of auth."""
    async with AsyncExitStack() as stack:
        addresses = [await stack.enter_async_context(mesh_of_two.process("auth")) for _ in range(2)]
        database = Database(mesh_of_two.databases["auth"], name="test")
        await database.open()
        stack.push_async_callback(database.close)
        people = People(database, mesh_of_two.folder, await hashed())
        yield Two([Process(loopback, address) for address in addresses], database, people)


def signs_in(mfa_token: str, code: str) -> Call:
    return lambda process: process.auth.LoginMfa(pb2.LoginMfaRequest(mfa_token=mfa_token, code=code))


def steps_up(metadata: Metadata, *, code: str = "", password: str = "") -> Call:
    request = pb2.ReauthenticateRequest(code=code, password=password)
    return lambda process: process.auth.Reauthenticate(
        request, metadata=metadata, timeout=60
    )  # for the hash, on a busy machine
