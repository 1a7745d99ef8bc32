"""The audit log on a real PostgreSQL: written at once by many, one chain, and nobody but its owner can change it."""

import asyncio

import psycopg
import pytest
from conftest import Backing
from integration.auth.conftest import PASSWORD, Running, bearer
from integration.auth.test_races import count
from integration.auth.test_users import admin
from psycopg import AsyncConnection, sql

from auth_service.commands import audit
from auth_service.domain.audit import AuditAction
from auth_service.storage.unit_of_work import units_of_work
from auth_service.use_cases.acting import AUTH
from auth_service.use_cases.audit_log import AuditSealing
from auth_service.use_cases.auditing import entry
from littlemonster.auth.v1 import user_service_pb2 as pb2
from local_mesh.servers.databases import in_database
from servicekit.caller import Caller, Role, acting_as
from servicekit.errors import InvalidArgument, PermissionDenied, ServiceError
from servicekit.ids import new_id

THIRD = "(SELECT event_id FROM audit_links WHERE position = 3)"


async def write(running: Running, number: int) -> None:
    async def one() -> None:
        # As anybody: a person's own calls write entries too.
        with acting_as(Caller(new_id(), Role.STUDENT, new_id())):
            async with units_of_work(running.database)() as work:
                await work.audit.record(entry(AuditAction.SESSION_OPENED, running.clock()))

    await asyncio.gather(*(one() for _ in range(number)))


async def seal(running: Running) -> None:
    sealing = AuditSealing(units_of_work(running.database))
    while await sealing.seal():
        pass


async def verify(running: Running, *options: str) -> int:
    return await audit.run(running.urls.app, audit.parse(["verify", *options], "lm audit"))


def superuser(running: Running, backing: Backing) -> str:
    return in_database(backing.postgres_url, running.urls.app.rpartition("/")[2])


async def test_many_who_write_and_many_who_seal_at_once_make_one_chain(
    running: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    await asyncio.gather(write(running, 60), *(seal(running) for _ in range(4)))
    await seal(running)
    assert await count(running, "audit_events") == await count(running, "audit_links") == 60
    assert await count(running, "audit_links", "position BETWEEN 1 AND 60") == 60
    assert await count(running, "audit_queue") == 0
    assert await verify(running) == 0
    assert "whole" in capsys.readouterr().out


@pytest.mark.parametrize("table", ["audit_events", "audit_links"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET {} = {}",
        "DELETE FROM {}",
        "TRUNCATE {}",
        "DROP TABLE {}",
        "ALTER TABLE {} DISABLE ROW LEVEL SECURITY",
    ],
)
async def test_the_service_s_own_role_cannot_change_or_remove_an_entry(
    running: Running, table: str, statement: str
) -> None:
    await write(running, 1)
    await seal(running)
    column = sql.Identifier("event_id" if table == "audit_links" else "id")
    async with await AsyncConnection.connect(running.urls.app, autocommit=True) as connection:
        await connection.execute("SELECT set_config('lm.role', 'SERVICE', false)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute(sql.SQL(statement).format(sql.Identifier(table), column, column))
    assert await count(running, table) == 1


@pytest.mark.parametrize("role", ["", "STUDENT", "MODERATOR", "ADMIN"])
async def test_nobody_but_the_service_reads_the_log_or_makes_the_chain(running: Running, role: str) -> None:
    await write(running, 1)
    async with await AsyncConnection.connect(running.urls.app, autocommit=True) as connection:
        await connection.execute("SELECT set_config('lm.role', %s, false)", (role,))
        for table in ("audit_events", "audit_queue"):
            cursor = await connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
            assert await cursor.fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute("INSERT INTO audit_links VALUES (1, gen_random_uuid(), '')")


@pytest.mark.parametrize(
    ("tampering", "said"),
    [
        (
            "UPDATE audit_events SET outcome = 'success' WHERE id = (SELECT event_id FROM audit_links WHERE position = 3)",
            "changed",
        ),
        ("DELETE FROM audit_events WHERE id = (SELECT event_id FROM audit_links WHERE position = 3)", "removed"),
    ],
)
async def test_a_row_that_somebody_mightier_changed_or_removed_is_named(
    running: Running, backing: Backing, capsys: pytest.CaptureFixture[str], tampering: str, said: str
) -> None:
    for _ in range(5):
        with pytest.raises(ServiceError):
            await running.log_in(password="a wrong password")
    await seal(running)
    with psycopg.connect(superuser(running, backing), autocommit=True) as connection:
        row = connection.execute("SELECT event_id FROM audit_links WHERE position = 3").fetchone()
        connection.execute(tampering)
    assert row
    assert await verify(running) == 1
    assert f"Entry 3 {row[0]} was {said}" in capsys.readouterr().err


async def test_an_end_of_the_chain_that_was_noted_is_missed_when_the_chain_is_cut(
    running: Running, backing: Backing, capsys: pytest.CaptureFixture[str]
) -> None:
    await write(running, 3)
    await seal(running)
    assert await verify(running) == 0
    anchor = capsys.readouterr().out.rpartition(" ")[2].strip()
    assert await verify(running, "--anchor", anchor) == 0
    with psycopg.connect(superuser(running, backing), autocommit=True) as connection:
        connection.execute("DELETE FROM audit_events WHERE id = (SELECT event_id FROM audit_links WHERE position = 3)")
        connection.execute("DELETE FROM audit_links WHERE position = 3")
    assert await verify(running) == 0
    assert await verify(running, "--anchor", anchor) == 1
    assert "cut or made anew" in capsys.readouterr().err


async def test_the_owner_may_delete_what_is_old_and_the_rest_still_verifies(running: Running) -> None:
    await write(running, 5)
    await seal(running)
    with psycopg.connect(running.urls.owner, autocommit=True) as connection:
        old = "DELETE FROM audit_events WHERE id IN (SELECT event_id FROM audit_links WHERE position < 3)"
        assert connection.execute(old).rowcount == 2
    assert await verify(running, "--from", "3") == 0


async def test_admins_read_who_did_what_from_where_in_pages_and_nobody_else_may(running: Running) -> None:
    await running.verified()
    ada, boss = await running.log_in(address="192.0.2.7"), await admin(running)
    with pytest.raises(ServiceError):
        await running.log_in(password="a wrong password", address="192.0.2.8")
    suspend = pb2.UpdateUserRequest(user_id=ada.user_id, suspended=True)
    await running.users.UpdateUser(suspend, metadata=bearer(boss))
    request = pb2.ListAuditEventsRequest(subject_id=ada.user_id, page_size=2)
    first = await running.users.ListAuditEvents(request, metadata=bearer(boss))
    assert [(event.action, event.outcome, event.actor_id) for event in first.events] == [
        ("account.suspended", "success", boss.user_id),
        ("session.opened", "CREDENTIALS_INVALID", ""),
    ]
    assert first.events[1].ip_address == "192.0.2.8"
    request.page_token = first.next_page_token
    second = await running.users.ListAuditEvents(request, metadata=bearer(boss))
    assert [event.action for event in second.events] == ["session.opened", "email.verified"]
    other = pb2.ListAuditEventsRequest(page_token=first.next_page_token)
    with pytest.raises(InvalidArgument):
        await running.users.ListAuditEvents(other, metadata=bearer(boss))
    bob = f"bob-{running.email}"
    await running.verified(bob)
    with pytest.raises(PermissionDenied):
        await running.users.ListAuditEvents(request, metadata=bearer(await running.log_in(bob)))


async def test_what_fails_leaves_neither_the_change_nor_its_entry(running: Running) -> None:
    await running.verified()
    before = await count(running, "audit_events")

    async def fail() -> None:
        async with units_of_work(running.database)() as work:
            await work.audit.record(entry(AuditAction.ERASED, running.clock()))
            raise RuntimeError

    with acting_as(AUTH), pytest.raises(RuntimeError):
        await fail()
    assert await count(running, "audit_events") == before


@pytest.mark.parametrize("text", ["\x00", "' OR 1=1 --", "\u202e", "x" * 1_000_000, "%"])
async def test_hostile_filters_are_refused_clearly(running: Running, text: str) -> None:
    boss = bearer(await admin(running))
    for field in ("actor_id", "subject_id", "action", "outcome", "page_token"):
        with pytest.raises(InvalidArgument):
            await running.users.ListAuditEvents(pb2.ListAuditEventsRequest(**{field: text}), metadata=boss)


async def test_a_password_never_reaches_the_log(running: Running, backing: Backing) -> None:
    await running.verified()
    await running.log_in()
    with psycopg.connect(superuser(running, backing)) as connection:
        rows = connection.execute("SELECT audit_events::text FROM audit_events").fetchall()
    assert rows
    assert not any(PASSWORD in row[0] or running.email in row[0] for row in rows)
