"""The export worker as a real process, killed with -9 while it saves: nothing half-made is seen, and the next one finishes."""

import asyncio
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from fakes import processes
from integration.auth.conftest import Running
from integration.auth.exporting import begun, fetched, seen
from loopback import Loopback
from postgres_locks import HERE
from psycopg import AsyncConnection

from littlemonster.auth.v1 import user_service_pb2 as pb
from littlemonster.common.v1.personal_data_service_pb2_grpc import add_PersonalDataServiceServicer_to_server
from servicekit.personal_data.handlers import PersonalDataHandlers

PATIENCE_SECONDS = 120
WORKER = "auth_service.worker"
WAITING = f"SELECT count(*) FROM pg_locks WHERE {HERE} AND NOT granted AND relation = 'export_pieces'::regclass"
PIECES = "SELECT count(*) FROM export_pieces"
END_LEASE = "UPDATE exports SET due_time = now()"


@pytest.fixture
async def environment(running: Running, own_nats: str, loopback: Loopback, tmp_path: Path) -> Mapping[str, str]:
    """What each worker is told; the other services hold nothing."""
    empty = [(add_PersonalDataServiceServicer_to_server, PersonalDataHandlers())]
    address = await loopback.serve(empty, processes.verifier("auth", loopback))
    peers = {f"LM_{name}_ADDRESS": address for name in ("CONTENT", "COMMUNITY", "PLANNER", "INFERENCE")}
    own = {"LM_DATABASE_URL": running.urls.app, "LM_NATS_URL": own_nats}
    return processes.environment("auth", loopback, tmp_path, **own, **peers)


async def test_a_worker_killed_while_it_saves_leaves_nothing_to_see_and_the_next_one_finishes_with_one_archive(
    running: Running, loopback: Loopback, environment: Mapping[str, str]
) -> None:
    await running.verified()
    tokens = await running.log_in()
    export = await begun(running, tokens)
    await killed_while_it_saves(running, environment)
    assert (await seen(running, tokens, export)).state == pb.Export.STATE_GATHERING
    assert await asked(running, PIECES, END_LEASE) == 0
    async with processes.running(WORKER, environment, loopback), asyncio.timeout(PATIENCE_SECONDS):
        while (ready := await seen(running, tokens, export)).state == pb.Export.STATE_GATHERING:
            pass
    assert ready.state == pb.Export.STATE_READY
    assert (await fetched(running, ready.url)).testzip() is None
    assert await asked(running, PIECES) == 1


async def killed_while_it_saves(running: Running, environment: Mapping[str, str]) -> None:
    """A worker that is about to add the archive when it is killed."""
    async with await AsyncConnection.connect(running.urls.owner) as gate:
        await gate.execute("LOCK TABLE export_pieces IN SHARE ROW EXCLUSIVE MODE")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", WORKER, env=environment, stdout=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await (await gate.execute(WAITING)).fetchone() == (0,):
                pass
        process.kill()
        assert await process.wait() == -signal.SIGKILL


async def asked(running: Running, question: str, *orders: str) -> int:
    """The number that PostgreSQL answers to the question, before it follows the orders."""
    async with await AsyncConnection.connect(running.urls.owner) as connection:
        await connection.execute("SELECT set_config('lm.role', 'SERVICE', true)")
        row = await (await connection.execute(question)).fetchone()
        for order in orders:
            await connection.execute(order)
    assert row
    return int(row[0])
