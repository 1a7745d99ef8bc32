"""Sign-ins of one account at the same time keep its sessions within their limit, on a real PostgreSQL."""

import asyncio

from integration.auth.conftest import Running
from integration.auth.test_races import count

from auth_service.domain.sessions import MOST_SESSIONS, open_session
from auth_service.storage.unit_of_work import units_of_work
from auth_service.use_cases.acting import AUTH
from servicekit.caller import acting_as
from servicekit.ids import new_id


async def test_ten_sign_ins_at_once_leave_a_hundred_sessions_and_tell_of_each_that_ended(running: Running) -> None:
    await running.verified()
    user_id = (await running.log_in()).user_id
    with acting_as(AUTH):
        async with units_of_work(running.database)() as work:
            for _ in range(MOST_SESSIONS - 5):
                await work.sessions.add(open_session(new_id(), user_id, "browser", running.clock()))
    await asyncio.gather(*(running.log_in() for _ in range(10)))
    assert await count(running, "sessions", "revoke_time IS NULL") == MOST_SESSIONS
    assert await count(running, "outbox", "subject = 'session.revoked'") == 6
