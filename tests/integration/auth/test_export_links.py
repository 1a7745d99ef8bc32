"""Links to archives and another password, one after the other and at the same time, on a real PostgreSQL."""

import asyncio
from collections.abc import Callable

import pytest
from integration.auth.conftest import PASSWORD, Running, bearer
from integration.auth.exporting import DAY, begun, downloaded, seen
from integration.auth.test_password_journey import NEW, forgotten, reset
from integration.auth.test_races import WAITS_FOR_A_ROW, count

from auth_service.domain.exports import LEASE, link, ready
from auth_service.errors import ExportLinkInvalid, SessionNotFound
from auth_service.storage.exports import StoredExports
from auth_service.storage.unit_of_work import units_of_work
from auth_service.use_cases.acting import AUTH
from auth_service.use_cases.ending import lock_out
from auth_service.use_cases.exports import Exporting
from littlemonster.auth.v1 import auth_service_pb2 as auth_pb2
from servicekit.caller import acting_as


async def change_password(running: Running, tokens: auth_pb2.Tokens) -> None:
    request = auth_pb2.ChangePasswordRequest(current_password=PASSWORD, new_password=NEW)
    await running.auth.ChangePassword(request, metadata=bearer(tokens))


async def waits_for_a_row(running: Running) -> None:
    while not await count(running, "pg_stat_activity", WAITS_FOR_A_ROW):
        pass


async def test_another_password_makes_a_link_worthless_and_its_owner_gets_the_next(
    running: Running, exporting: Callable[..., Exporting]
) -> None:
    await running.verified()
    tokens, thief = await running.log_in(), await running.log_in()
    export = await begun(running, tokens)
    await exporting().gather_next()
    first = (await seen(running, thief, export)).url
    archive = await downloaded(running, first)
    await change_password(running, tokens)
    second = (await seen(running, tokens, export)).url
    with pytest.raises(SessionNotFound):
        await seen(running, thief, export)
    assert await downloaded(running, second) == archive
    await reset(running, await forgotten(running), f"{NEW} again")
    third = (await seen(running, await running.log_in(password=f"{NEW} again"), export)).url
    for worthless in (first, second):
        with pytest.raises(ExportLinkInvalid):
            await downloaded(running, worthless)
    assert await downloaded(running, third) == archive


async def test_an_archive_that_becomes_ready_while_the_password_is_changed_is_not_opened_by_a_link_of_before(
    running: Running,
) -> None:
    await running.verified()
    tokens = await running.log_in()
    await begun(running, tokens)
    with acting_as(AUTH):
        async with units_of_work(running.database)() as gathering:
            claimed = await gathering.exports.claim(running.clock(), running.clock() + LEASE)
            assert claimed
            done = ready(claimed, 3, DAY, running.clock())
            await gathering.exports.keep(done.id, [b"zip"])
            assert await gathering.exports.save(done)
            changing = asyncio.ensure_future(change_password(running, tokens))
            await waits_for_a_row(running)
        await changing
        kept = await StoredExports(running.database).get(done.id)
    assert kept
    assert (kept.state, link(kept) == link(done)) == (done.state, False)


async def test_a_token_whose_session_is_being_ended_gets_no_link(
    running: Running, exporting: Callable[..., Exporting]
) -> None:
    await running.verified()
    thief = await running.log_in()
    export = await begun(running, thief)
    await exporting().gather_next()
    with acting_as(AUTH):
        async with units_of_work(running.database)() as locking:
            assert await locking.accounts.get(thief.user_id)
            await lock_out(locking, thief.user_id, running.clock())
            asking = asyncio.ensure_future(seen(running, thief, export))
            await waits_for_a_row(running)
    with pytest.raises(SessionNotFound):
        await asking
