"""Taking one's data along: what may be begun, and which link opens what."""

from dataclasses import replace
from datetime import timedelta

import pytest
from unit.auth.conftest import CLIENT, EMAIL, PASSWORD, Auth

from auth_service.domain.audit import AuditAction
from auth_service.domain.exports import (
    MOST_ATTEMPTS,
    MOST_EXPORTS,
    WINDOW,
    ExportState,
    Link,
    after_failure,
    is_good,
    link,
    new_export,
    ready,
)
from auth_service.errors import (
    ExportLinkInvalid,
    ExportNotFound,
    FreshSignInNeeded,
    PersonNeeded,
    TooManyExports,
    UserNotFound,
)
from auth_service.use_cases.acting import AUTH
from auth_service.use_cases.exports import Exports
from servicekit.caller import Caller, Role, acting_as
from servicekit.errors import ServiceError
from servicekit.ids import new_id

DAY = timedelta(days=1)


async def caller(auth: Auth) -> Caller:
    """The only account, just signed in."""
    if not auth.database.tables.accounts:
        await auth.verified()
    await auth.sign_in.sign_in(EMAIL, PASSWORD, CLIENT)
    return Caller(auth.account.id, Role.STUDENT, max(auth.database.tables.sessions))


async def made(auth: Auth, exports: Exports) -> Link:
    """A link to an archive of two pieces."""
    with acting_as(await caller(auth)):
        export = await exports.begin(None, CLIENT)
    with acting_as(AUTH):
        async with auth.database.unit_of_work() as work:
            claimed = await work.exports.claim(auth.clock(), auth.clock() + DAY)
            assert claimed
            done = ready(claimed, 6, DAY, auth.clock())
            await work.exports.keep(export.id, [b"one", b"two"])
            await work.exports.save(done)
    found = link(done)
    assert found
    return found


async def test_a_repeated_request_and_a_second_one_meanwhile_answer_the_first(auth: Auth, exports: Exports) -> None:
    request_id = new_id()
    with acting_as(await caller(auth)):
        first = await exports.begin(request_id, CLIENT)
        assert await exports.begin(request_id, CLIENT) == first
        assert await exports.begin(new_id(), CLIENT) == first
        assert await exports.get(first.id) == first
    written = [event.action for event in auth.database.tables.audit.events.values()]
    assert written.count(AuditAction.EXPORT_REQUESTED) == 1


async def test_a_request_whose_export_is_over_begins_anew(auth: Auth, exports: Exports) -> None:
    request_id = new_id()
    with acting_as(await caller(auth)):
        first = await exports.begin(request_id, CLIENT)
    over = after_failure(first, "", DAY, auth.clock(), final=True)
    auth.database.tables.exports[first.id] = over
    auth.clock.advance(DAY - timedelta(seconds=1))
    with acting_as(await caller(auth)):
        assert await exports.begin(request_id, CLIENT) == over
    auth.clock.advance(timedelta(seconds=1))
    with acting_as(await caller(auth)):
        second = await exports.begin(request_id, CLIENT)
        assert await exports.get(second.id) == second
    assert (second.id != first.id, second.state) == (True, ExportState.GATHERING)
    assert list(auth.database.tables.exports) == [second.id]


async def test_five_a_day_and_no_more_until_the_first_is_a_day_old(auth: Auth, exports: Exports) -> None:
    for _ in range(MOST_EXPORTS):
        await made(auth, exports)
    with acting_as(await caller(auth)), pytest.raises(TooManyExports) as refused:
        await exports.begin(None, CLIENT)
    assert refused.value.retry_after == WINDOW
    auth.clock.advance(WINDOW)
    with acting_as(await caller(auth)):
        assert (await exports.begin(None, CLIENT)).state is ExportState.GATHERING


async def test_a_session_that_is_not_fresh_cannot_take_everything_along(auth: Auth, exports: Exports) -> None:
    someone = await caller(auth)
    auth.clock.advance(timedelta(minutes=6))
    with acting_as(someone), pytest.raises(FreshSignInNeeded):
        await exports.begin(None, CLIENT)


@pytest.mark.parametrize(
    ("someone", "refusal"), [(AUTH, PersonNeeded), (Caller("gone", Role.STUDENT, "session"), UserNotFound)]
)
async def test_who_has_no_account_has_nothing_to_take(
    exports: Exports, someone: Caller, refusal: type[ServiceError]
) -> None:
    with acting_as(someone), pytest.raises(refusal):
        await exports.begin(None, CLIENT)


async def test_others_exports_and_expired_ones_are_not_found(auth: Auth, exports: Exports) -> None:
    found = await made(auth, exports)
    with acting_as(Caller(new_id(), Role.ADMIN, "session")), pytest.raises(ExportNotFound):
        await exports.get(found.export_id)
    auth.clock.advance(DAY)
    with acting_as(await caller(auth)), pytest.raises(ExportNotFound):
        await exports.get(found.export_id)


async def test_whoever_has_the_link_gets_the_archive_until_it_expires(auth: Auth, exports: Exports) -> None:
    found = await made(auth, exports)
    with acting_as(None):
        assert [piece async for piece in await exports.fetch(found, CLIENT)] == [b"one", b"two"]
        auth.clock.advance(DAY)
        with pytest.raises(ExportLinkInvalid):
            await exports.fetch(found, CLIENT)
    written = [
        event for event in auth.database.tables.audit.events.values() if event.action == "account.export_downloaded"
    ]
    assert [(e.actor_id, e.subject_id, e.ip_address) for e in written] == [("", auth.account.id, CLIENT.address)]


@pytest.mark.parametrize(
    "change",
    [{"signature": "0" * 64}, {"expires": 9_999_999_999}, {"export_id": "another"}, {"signature": ""}],
    ids=["signature", "expires", "export", "nothing"],
)
async def test_a_link_that_was_changed_opens_nothing(auth: Auth, exports: Exports, change: dict[str, object]) -> None:
    found = await made(auth, exports)
    with acting_as(None), pytest.raises(ExportLinkInvalid):
        await exports.fetch(replace(found, **change), CLIENT)
    assert AuditAction.EXPORT_DOWNLOADED not in [event.action for event in auth.database.tables.audit.events.values()]


def test_there_is_no_link_before_the_archive_and_none_after_a_failure(auth: Auth) -> None:
    export = new_export("export", "ada", None, b"secret", [], auth.clock())
    failed = after_failure(replace(export, attempts=MOST_ATTEMPTS), "The planner is down.", DAY, auth.clock())
    assert (link(export), link(failed)) == (None, None)
    assert (failed.state, failed.reason, failed.expire_time) == (
        ExportState.FAILED,
        "The planner is down.",
        auth.clock() + DAY,
    )
    good = link(ready(export, 1, DAY, auth.clock()))
    assert good
    assert not is_good(export, good, auth.clock())
    assert not is_good(None, good, auth.clock())


def test_a_failure_is_tried_again_after_a_pause_that_doubles_unless_it_is_final(auth: Auth) -> None:
    now = auth.clock()
    export = new_export("export", "ada", None, b"secret", [], now)
    pauses = [after_failure(replace(export, attempts=n), "", DAY, now).due_time - now for n in range(1, MOST_ATTEMPTS)]
    assert pauses == [timedelta(seconds=2), timedelta(seconds=4), timedelta(seconds=8)]
    assert after_failure(replace(export, attempts=1), "", DAY, now, final=True).state is ExportState.FAILED
