"""Reminders on real PostgreSQL: two schedulers at once, one killed with -9 in the middle of a batch, and what is told."""

import asyncio
import signal
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fakes import processes
from fakes.planner.made import a_plan, an_event
from fakes.processes import AuthKeys, running
from loopback import Loopback
from postgres_locks import HERE

from littlemonster.auth.v1.auth_service_pb2_grpc import add_AuthServiceServicer_to_server
from littlemonster.planner.v1.planner_events_pb2 import PlannerReminderDue
from planner_service.domain.events import Event, Reminder
from planner_service.storage import PostgresStore
from planner_service.use_cases.reminders import BATCH, Scheduler
from servicekit.caller import Caller, Role, acting_as
from servicekit.clock import utc_now
from servicekit.database import Database
from servicekit.messaging.broker import Broker

NOW = utc_now().replace(microsecond=0)
DUE = NOW - timedelta(minutes=5)
EVENTS = BATCH + 10


@pytest.fixture
async def due(database: Database) -> list[Event]:
    """More events than one batch has, each with one reminder that is due."""
    plan = a_plan(start_time=NOW, end_time=NOW, reminders=(Reminder(minutes_before=5),), time_zone="Europe/Berlin")
    events = [an_event(plan, reminder_time=DUE) for _ in range(EVENTS)]
    with acting_as(Caller.service("planner")):
        async with PostgresStore(database).begin() as work:
            for event in events:
                await work.events.add(event)
    return events


async def _told(url: str) -> list[PlannerReminderDue]:
    """What waits in the outbox."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        rows = await connection.execute("SELECT payload FROM outbox WHERE subject = 'planner.reminder_due'")
        return [PlannerReminderDue.FromString(payload) for (payload,) in await rows.fetchall()]


async def test_schedulers_that_run_at_once_send_each_reminder_once(due, database, database_url) -> None:
    schedulers = [Scheduler(PostgresStore(database), utc_now) for _ in range(4)]

    async def work(scheduler: Scheduler) -> int:
        sent = 0
        while number := await scheduler.send_due():
            sent += number
        return sent

    assert sum(await asyncio.gather(*map(work, schedulers))) == EVENTS
    told = await _told(database_url)
    assert Counter(each.event_id for each in told) == Counter(event.id for event in due)


async def test_a_reminder_tells_whom_of_what_and_that_it_is_late(due, database, database_url) -> None:
    await Scheduler(PostgresStore(database), utc_now).send_due()
    told = (await _told(database_url))[0]
    event = next(event for event in due if event.id == told.event_id)
    assert (told.user_id, told.title, told.late) == (event.user_id, event.plan.title, True)
    assert (told.start_time.ToSeconds(), told.due_time.ToSeconds()) == (NOW.timestamp(), DUE.timestamp())
    assert (told.time_zone, told.all_day) == ("Europe/Berlin", False)


async def test_an_event_that_is_being_changed_waits_for_its_turn(due, database) -> None:
    store = PostgresStore(database)
    with acting_as(Caller(due[0].user_id, Role.STUDENT)):
        async with store.begin() as work:
            assert await work.events.lock(due[0].user_id, due[0].id)
            scheduler = Scheduler(store, utc_now)
            assert [await scheduler.send_due() for _ in range(3)] == [BATCH, EVENTS - BATCH - 1, 0]
    assert await scheduler.send_due() == 1


async def test_a_worker_killed_in_the_middle_of_a_batch_loses_and_repeats_nothing(
    due: list[Event], loopback: Loopback, own_nats: str, make_database: Any, database_url: str, tmp_path: Path
) -> None:
    keys = [(add_AuthServiceServicer_to_server, AuthKeys(loopback))]
    auth = await loopback.serve(keys, processes.verifier("planner", loopback))
    urls = {"LM_DATABASE_URL": database_url, "LM_NATS_URL": own_nats, "LM_AUTH_ADDRESS": auth}
    environment = processes.environment("planner", loopback, tmp_path, **urls)
    broker = Broker(own_nats, name="test")
    await broker.connect()
    heard: Counter[str] = Counter()
    mine = {event.id for event in due}
    async with broker.subscribe("planner.reminder_due") as told:
        await _killed_while_it_writes(environment, database_url)
        async with running("planner_service.worker", environment, loopback), asyncio.timeout(120):
            async for message in told:
                heard.update({PlannerReminderDue.FromString(message.data).event_id} & mine)
                if len(heard) == EVENTS and not await _told(database_url):
                    break
    await broker.close()
    assert heard == Counter(mine)


async def _killed_while_it_writes(environment: Any, url: str) -> None:
    """A worker whose first transaction has come as far as its first event when it is killed."""
    waiting = f"SELECT count(*) FROM pg_locks WHERE {HERE} AND NOT granted AND relation = 'outbox'::regclass"
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await connection.execute("LOCK TABLE outbox IN SHARE ROW EXCLUSIVE MODE")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "planner_service.worker", env=environment, stdout=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(120):
            while await (await connection.execute(waiting)).fetchone() == (0,):
                pass
        process.send_signal(signal.SIGKILL)
        assert await process.wait() == -signal.SIGKILL
