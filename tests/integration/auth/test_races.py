"""What happens at the same time, on a real PostgreSQL."""

import asyncio
from datetime import timedelta

import pytest
from integration.auth.conftest import Running
from sqlalchemy import text

from auth_service.domain.sessions import ABSOLUTE_LIFETIME, GRACE
from auth_service.errors import RefreshTokenInvalid, RefreshTokenReused
from auth_service.storage.leftovers import StoredLeftovers
from auth_service.storage.unit_of_work import units_of_work
from auth_service.use_cases.housekeeping import Housekeeping
from littlemonster.auth.v1 import auth_service_pb2 as auth_pb2
from servicekit.caller import Caller, acting_as
from servicekit.database import compile_statement
from servicekit.errors import ServiceError

WAITS_FOR_A_ROW = "datname = current_database() AND wait_event_type = 'Lock'"


async def count(running: Running, table: str, condition: str = "true") -> int:
    statement = compile_statement(text(f"SELECT count(*) FROM {table} WHERE {condition}"), row=int)
    with acting_as(Caller.service("test")):
        found = await running.database.one(statement)
    assert found is not None
    return found


async def test_fifty_refreshes_of_one_token_at_once_leave_one_living_family(running: Running) -> None:
    await running.verified()
    first = await running.log_in()
    pairs = await asyncio.gather(*(running.refresh(first.refresh_token) for _ in range(50)))
    assert len({pair.refresh_token for pair in pairs}) == 1
    assert await count(running, "sessions", "revoke_time IS NULL AND generation = 2") == 1
    assert await count(running, "refresh_tokens") == 2
    await running.refresh(pairs[0].refresh_token)


async def test_fifty_refreshes_of_a_token_spent_long_ago_end_its_session_once(running: Running) -> None:
    await running.verified()
    first = await running.log_in()
    second = await running.refresh(first.refresh_token)
    running.clock.advance(GRACE)
    tries = (running.refresh(first.refresh_token) for _ in range(50))
    assert all(isinstance(each, RefreshTokenReused) for each in await asyncio.gather(*tries, return_exceptions=True))
    with pytest.raises(RefreshTokenInvalid):
        await running.refresh(second.refresh_token)
    assert await count(running, "sessions", "revoke_time IS NULL") == 0
    assert await count(running, "outbox", "subject = 'session.revoked'") == 1


async def test_refreshing_while_signing_out_leaves_the_session_ended(running: Running) -> None:
    await running.verified()
    first = await running.log_in()
    metadata = (("authorization", f"Bearer {first.access_token}"),)
    outcomes = await asyncio.gather(
        running.auth.Logout(auth_pb2.LogoutRequest(), metadata=metadata),
        running.refresh(first.refresh_token),
        return_exceptions=True,
    )
    for outcome in outcomes:
        if isinstance(outcome, auth_pb2.Tokens):
            with pytest.raises(ServiceError):
                await running.refresh(outcome.refresh_token)
    assert await count(running, "sessions", "revoke_time IS NULL") == 0


async def test_many_workers_send_each_mail_once(running: Running) -> None:
    for number in range(20):
        await running.register(f"{number}-{running.email}")
    await asyncio.gather(*(running.delivery.deliver_due() for _ in range(6)))
    while await running.delivery.deliver_due():
        pass
    assert len(running.mailer.taken) == 20
    assert len({mail_id for mail_id, _ in running.mailer.taken}) == 20


async def test_two_passwords_tried_at_once_count_as_two(running: Running) -> None:
    await running.verified()
    tries = (running.log_in(password=f"wrong password {number}") for number in range(30))
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    reasons = [outcome.reason for outcome in outcomes if isinstance(outcome, ServiceError)]
    assert (reasons.count("CREDENTIALS_INVALID"), reasons.count("TOO_MANY_ATTEMPTS")) == (10, 20)


async def test_what_somebody_holds_is_passed_over_by_housekeeping_and_many_sweep_at_once(running: Running) -> None:
    await running.verified()
    for _ in range(30):
        await running.log_in()
    running.clock.advance(ABSOLUTE_LIFETIME)
    housekeeping = Housekeeping(StoredLeftovers(running.database), running.clock, timedelta(days=7))
    with acting_as(Caller.service("test")):
        async with units_of_work(running.database)() as work:
            account = await work.accounts.by_email(running.email)
            assert account
            held = await work.sessions.get((await work.sessions.unended(account.id))[0].id)
            assert held
            await asyncio.wait_for(asyncio.gather(*(housekeeping.sweep() for _ in range(4))), 60)
            assert await count(running, "sessions") == 30
    swept = await asyncio.gather(*(housekeeping.sweep() for _ in range(4)))
    assert sum(swept) == 30
    assert await count(running, "sessions") == await count(running, "refresh_tokens") == 0
