"""Links to archives, once their owner or an admin locks everybody out."""

from collections.abc import Awaitable, Callable

import pytest
from unit.auth.conftest import CLIENT, EMAIL, PASSWORD, Auth
from unit.auth.test_exports import caller, made
from unit.auth.test_password_keeping import NEW, reset_token

from auth_service.domain.administration import AccountChange
from auth_service.domain.exports import Link, link
from auth_service.errors import ExportLinkInvalid, SessionNotFound
from auth_service.use_cases.exports import Exports
from auth_service.use_cases.first_admin import FirstAdmin
from servicekit.caller import Caller, Role, acting_as


async def fetched(exports: Exports, found: Link) -> list[bytes]:
    with acting_as(None):
        return [piece async for piece in await exports.fetch(found, CLIENT)]


async def fresh_link(auth: Auth, exports: Exports, found: Link, password: str) -> Link | None:
    """As its owner gets it who signs in."""
    await auth.sign_in.sign_in(EMAIL, password, CLIENT)
    with acting_as(Caller(auth.account.id, Role.STUDENT, max(auth.database.tables.sessions))):
        return link(await exports.get(found.export_id))


async def change_password(auth: Auth) -> str:
    with acting_as(await caller(auth)):
        await auth.password_keeper.change(PASSWORD, NEW, CLIENT)
    return NEW


async def reset_password(auth: Auth) -> str:
    await auth.password_keeper.reset(await reset_token(auth), NEW, CLIENT)
    return NEW


async def suspend_and_reinstate(auth: Auth) -> str:
    for suspended in (True, False):
        await auth.administer(auth.account.id, AccountChange(suspended=suspended))
    return PASSWORD


async def make_admin_at_the_machine(auth: Auth) -> str:
    await FirstAdmin(auth.database.unit_of_work, auth.passwords, auth.clock).create(EMAIL, "Ada", NEW)
    return NEW


@pytest.mark.parametrize("act", [change_password, reset_password, suspend_and_reinstate, make_admin_at_the_machine])
async def test_who_locks_everybody_out_makes_links_worthless_and_gets_the_next(
    auth: Auth,
    exports: Exports,
    act: Callable[[Auth], Awaitable[str]],
) -> None:
    found = await made(auth, exports)
    password = await act(auth)
    with pytest.raises(ExportLinkInvalid):
        await fetched(exports, found)
    fresh = await fresh_link(auth, exports, found, password)
    assert fresh
    assert await fetched(exports, fresh) == [b"one", b"two"]


async def test_a_download_that_has_begun_ends_there_and_then(auth: Auth, exports: Exports) -> None:
    found = await made(auth, exports)
    with acting_as(None):
        pieces = await exports.fetch(found, CLIENT)
        assert await anext(pieces) == b"one"
        await reset_password(auth)
        with pytest.raises(ExportLinkInvalid):
            await anext(pieces)


async def test_a_token_whose_session_was_ended_gets_no_link(auth: Auth, exports: Exports) -> None:
    found = await made(auth, exports)
    ended = max(auth.database.tables.sessions)
    await change_password(auth)
    for session in (ended, "forgotten"):
        with acting_as(Caller(auth.account.id, Role.STUDENT, session)), pytest.raises(SessionNotFound):
            await exports.get(found.export_id)


async def test_who_leaves_takes_the_link_along(auth: Auth, exports: Exports) -> None:
    found = await made(auth, exports)
    with acting_as(await caller(auth)):
        await auth.leaving.leave(CLIENT)
    assert await fetched(exports, found) == [b"one", b"two"]
