"""PostgreSQL itself keeps people from each other's rows, whatever a handler might forget."""

import psycopg
import pytest
from integration.auth.conftest import Running
from psycopg import AsyncConnection, sql

from auth_service.domain.erasure import Erasure, Receipt
from auth_service.storage.unit_of_work import units_of_work
from auth_service.use_cases.acting import AUTH
from servicekit.caller import acting_as

OWN_ROWS = ("users", "sessions", "refresh_tokens", "mailed_tokens", "mails")


async def visible(running: Running, table: str, user_id: str, role: str) -> int:
    async with await AsyncConnection.connect(running.urls.app) as connection:
        await connection.execute(
            "SELECT set_config('lm.user_id', %s, true), set_config('lm.role', %s, true)", (user_id, role)
        )
        cursor = await connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
        row = await cursor.fetchone()
    assert row is not None
    count: int = row[0]
    return count


@pytest.fixture
async def people(running: Running) -> tuple[str, str]:
    """Ids of two people who have signed in."""
    emails = [f"{number}-{running.email}" for number in range(2)]
    for email in emails:
        await running.verified(email)
    first, second = [(await running.log_in(email)).user_id for email in emails]
    return first, second


@pytest.mark.parametrize("table", OWN_ROWS)
async def test_people_see_their_own_rows_alone(running: Running, people: tuple[str, str], table: str) -> None:
    own = 2 if table == "mails" else 1  # one to confirm the address, one that says it is
    for person in people:
        assert await visible(running, table, person, "STUDENT") == own
    assert await visible(running, table, "", "SERVICE") == 2 * own


@pytest.mark.parametrize("table", OWN_ROWS)
@pytest.mark.parametrize("role", ["", "STUDENT", "MODERATOR", "ADMIN"])
async def test_nobody_sees_nothing(running: Running, people: tuple[str, str], table: str, role: str) -> None:
    assert await visible(running, table, "", role) == 0


@pytest.mark.parametrize("role", ["", "STUDENT", "MODERATOR", "ADMIN"])
async def test_registrations_that_wait_are_seen_by_the_service_alone(
    running: Running, people: tuple[str, str], role: str
) -> None:
    await running.register()
    assert await visible(running, "registrations", people[0], role) == 0
    assert await visible(running, "registrations", "", "SERVICE") == 1


async def test_people_cannot_write_for_others(running: Running, people: tuple[str, str]) -> None:
    first, second = people
    async with await AsyncConnection.connect(running.urls.app, autocommit=True) as connection:
        await connection.execute("SELECT set_config('lm.user_id', %s, false)", (first,))
        changed = await connection.execute("UPDATE users SET display_name = 'taken over' WHERE id = %s", (second,))
        assert changed.rowcount == 0
        deleted = await connection.execute("DELETE FROM sessions WHERE user_id = %s", (second,))
        assert deleted.rowcount == 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute("UPDATE sessions SET user_id = %s WHERE user_id = %s", (second, first))


async def test_the_runtime_role_cannot_step_around_the_policies(running: Running) -> None:
    async with await AsyncConnection.connect(running.urls.app, autocommit=True) as connection:
        cursor = await connection.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert await cursor.fetchone() == (False,)
        for statement in ("ALTER TABLE users DISABLE ROW LEVEL SECURITY", "DROP POLICY users_read ON users"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await connection.execute(statement)


ERASURES = ("erasures", "erasure_receipts")


@pytest.fixture
async def leaving(running: Running, people: tuple[str, str]) -> tuple[str, str]:
    """Both are on their way out, and one service has answered for each."""
    with acting_as(AUTH):
        async with units_of_work(running.database)() as work:
            for person in people:
                await work.erasures.add(Erasure(person, running.clock()))
                await work.erasures.receive(person, Receipt("planner", 3, running.clock()))
    return people


@pytest.mark.parametrize("table", ERASURES)
async def test_who_leaves_sees_their_own_erasure_and_its_receipts_alone(
    running: Running, leaving: tuple[str, str], table: str
) -> None:
    for person in leaving:
        assert await visible(running, table, person, "STUDENT") == 1
    for role in ("", "STUDENT", "MODERATOR", "ADMIN"):
        assert await visible(running, table, "", role) == 0
    assert await visible(running, table, "", "SERVICE") == 2


async def test_nobody_answers_for_a_service_in_another_s_erasure(running: Running, leaving: tuple[str, str]) -> None:
    first, second = leaving
    async with await AsyncConnection.connect(running.urls.app, autocommit=True) as connection:
        await connection.execute("SELECT set_config('lm.user_id', %s, false)", (first,))
        for statement in (
            "UPDATE erasure_receipts SET row_count = 0 WHERE user_id = %s",
            "DELETE FROM erasure_receipts WHERE user_id = %s",
            "UPDATE erasures SET finish_time = now() WHERE user_id = %s",
        ):
            assert (await connection.execute(statement, (second,))).rowcount == 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute(
                "INSERT INTO erasure_receipts (user_id, service, row_count, receive_time) VALUES (%s, 'content', 0, now())",
                (second,),
            )
    assert await visible(running, "erasure_receipts", "", "SERVICE") == 2
