"""What is kept for good, or for long, grows no faster than anybody needs: not as fast as somebody can ask."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from unit.auth.conftest import CLIENT, PASSWORD, App, Auth
from unit.auth.test_export_links import fetched
from unit.auth.test_exports import made

from auth_service.domain.attempts import DOWNLOAD_LIMIT, RECORDED_LIMIT, WINDOW
from auth_service.domain.sessions import FRESH, RENEWAL_INTERVAL, RENEWALS
from auth_service.errors import TooManyAttempts
from auth_service.use_cases.exports import Exports
from servicekit.caller import Caller, Role, acting_as
from servicekit.errors import FailedPrecondition, PermissionDenied

Act = Callable[[Auth, Exports], Awaitable[object]]


async def create_totp(auth: Auth, exports: Exports) -> None:
    await auth.second_factors.create(CLIENT)


async def delete_totp(auth: Auth, exports: Exports) -> None:
    await auth.second_factors.delete(CLIENT)


async def leave(auth: Auth, exports: Exports) -> None:
    await auth.leaving.leave(CLIENT)


async def export(auth: Auth, exports: Exports) -> None:
    await exports.begin(None, CLIENT)


async def step_up_without_a_code(auth: Auth, exports: Exports) -> None:
    await auth.reauthentication.reauthenticate("", "", CLIENT)


async def recorded(auth: Auth, exports: Exports, act: Act) -> int:
    """How many entries the audit log has more after it, refused or not."""
    before = len(auth.audited())
    with suppress(FailedPrecondition, PermissionDenied):
        await act(auth, exports)
    return len(auth.audited()) - before


@pytest.mark.parametrize("age", [timedelta(), FRESH], ids=["fresh", "stale"])
@pytest.mark.parametrize("act", [create_totp, delete_totp])
async def test_what_is_written_down_each_time_is_done_sixty_times(
    auth: Auth, exports: Exports, app: App, act: Act, age: timedelta
) -> None:
    await _until_refused(auth, exports, app, act, age)


@pytest.mark.parametrize("act", [leave, export, create_totp, delete_totp, step_up_without_a_code])
async def test_what_is_refused_and_written_down_each_time_is_refused_sixty_times(
    auth: Auth, exports: Exports, enrolled: App, act: Act
) -> None:
    await _until_refused(auth, exports, enrolled, act, FRESH)


async def _until_refused(auth: Auth, exports: Exports, app: App, act: Act, age: timedelta) -> None:
    auth.clock.advance(WINDOW if age else timedelta())
    with acting_as(app.caller):
        for _ in range(RECORDED_LIMIT):
            assert await recorded(auth, exports, act) == 1
        entries = auth.audited()
        with pytest.raises(TooManyAttempts) as refusal:
            await act(auth, exports)
        assert (auth.audited(), refusal.value.retry_after) == (entries, WINDOW)
        auth.clock.advance(WINDOW)
        assert await recorded(auth, exports, act) == 1


async def test_ending_other_sessions_is_written_down_when_there_were_any(auth: Auth) -> None:
    tokens = await auth.signed_in()
    (mine,) = auth.database.tables.sessions
    await auth.sign_in.sign_in(auth.account.email, PASSWORD, CLIENT)
    with acting_as(Caller(tokens.user_id, Role.STUDENT, mine)):
        for _ in range(3):
            await auth.devices.end_others(CLIENT)
    assert auth.audited().count(("session.revoked", "success")) == 1


async def test_a_session_is_renewed_a_hundred_times_at_once_and_then_once_a_minute(auth: Auth) -> None:
    token = (await auth.signed_in()).refresh_token
    for _ in range(RENEWALS):
        token = (await auth.sessions.refresh(token)).refresh_token
    for _ in range(2):
        kept = len(auth.database.tables.refresh_tokens)
        with pytest.raises(TooManyAttempts) as refusal:
            await auth.sessions.refresh(token)
        assert refusal.value.retry_after == RENEWAL_INTERVAL
        assert len(auth.database.tables.refresh_tokens) == kept
        auth.clock.advance(RENEWAL_INTERVAL)
        token = (await auth.sessions.refresh(token)).refresh_token  # it was not spent


async def test_an_archive_is_fetched_thirty_times_within_a_quarter_of_an_hour(auth: Auth, exports: Exports) -> None:
    found = await made(auth, exports)
    for _ in range(DOWNLOAD_LIMIT):
        assert await fetched(exports, found)
    with pytest.raises(TooManyAttempts):
        await fetched(exports, found)
    assert auth.audited().count(("account.export_downloaded", "success")) == DOWNLOAD_LIMIT
    auth.clock.advance(WINDOW)
    assert await fetched(exports, found)
