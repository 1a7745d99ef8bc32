"""The second wall: what the database itself lets a caller read and write."""

import psycopg
import pytest
from fakes.planner.made import an_event

from planner_service.domain.events import Happening
from planner_service.storage import PostgresStore
from servicekit.caller import Caller, Role, acting_as
from servicekit.ids import new_id

ADA, BOB = Caller(new_id(), Role.STUDENT), Caller(new_id(), Role.STUDENT)
OTHERS = [BOB, None, Caller(new_id(), Role.MODERATOR), Caller(new_id(), Role.ADMIN)]


@pytest.fixture
async def as_caller(database_url, database):
    """Runs raw SQL as anybody, beside an event of Ada's."""
    event = an_event(user_id=ADA.id)
    with acting_as(ADA):
        async with PostgresStore(database).begin() as work:
            await work.events.add(event)
            await work.changed(Happening.CREATED, event)
            await work.changed(Happening.DELETED, an_event(user_id=ADA.id))
            await work.feeds.save(ADA.id, b"digest", event.create_time)

    async def run(caller: Caller | None, sql: str) -> list[object] | int:
        async with await psycopg.AsyncConnection.connect(database_url) as connection:
            identity = (caller.id, caller.role.value) if caller else ("", "")
            settings = "SELECT set_config('lm.user_id', %s, false), set_config('lm.role', %s, false)"
            await connection.execute(settings, identity)
            cursor = await connection.execute(sql)
            return [value for (value,) in await cursor.fetchall()] if cursor.description else cursor.rowcount

    return run


@pytest.mark.parametrize("table", ["events", "planners", "tombstones", "feeds"])
async def test_only_the_owner_reads(as_caller, table) -> None:
    for other in OTHERS:
        assert await as_caller(other, f"SELECT user_id FROM {table}") == []
    assert len(await as_caller(ADA, f"SELECT user_id FROM {table}")) == 1


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE events SET title = 'stolen'",
        "DELETE FROM events",
        "UPDATE planners SET version = 0",
        "DELETE FROM planners",
        "UPDATE tombstones SET sequence = 0",
        "DELETE FROM tombstones",
        "UPDATE feeds SET digest = ''",
        "DELETE FROM feeds",
    ],
)
async def test_others_change_nothing(as_caller, other, change) -> None:
    assert await as_caller(other, change) == 0


async def test_nobody_gives_an_event_away_or_writes_into_another_s_planner(as_caller) -> None:
    for forbidden in (
        f"UPDATE events SET user_id = '{BOB.id}'",
        f"INSERT INTO planners (user_id, version, forgotten) VALUES ('{new_id()}', 1, 0)",
        f"INSERT INTO feeds (user_id, digest, create_time) VALUES ('{new_id()}', '', now())",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await as_caller(ADA, forbidden)


async def test_the_runtime_role_cannot_switch_the_policies_off(as_caller) -> None:
    rights = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
    assert await as_caller(BOB, rights) == [False]
    for forbidden in ("ALTER TABLE events DISABLE ROW LEVEL SECURITY", "DROP TABLE events", "SET ROLE planner_owner"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await as_caller(BOB, forbidden)
