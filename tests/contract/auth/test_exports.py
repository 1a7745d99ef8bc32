"""Exports are begun once, claimed by one worker, and kept whole or not at all, in memory as in PostgreSQL."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from contract.auth.conftest import Store

from auth_service.domain.accounts import Account, Registration, open_account
from auth_service.domain.exports import LEASE, Export, ExportState, after_failure, new_export, ready
from auth_service.use_cases.acting import AUTH
from servicekit.caller import Caller, Role, acting_as
from servicekit.ids import new_id

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def as_auth() -> Iterator[None]:
    """Gathering is the service's work."""
    with acting_as(AUTH):
        yield


@pytest.fixture
async def ada(store: Store) -> Account:
    account = open_account(new_id(), Registration("ada@example.org", "Ada", "hash", None), NOW)
    async with store.unit_of_work() as work:
        await work.accounts.add(account)
    return account


async def begun(store: Store, owner: Account, request_id: str | None = None, ago: timedelta = timedelta()) -> Export:
    export = new_export(new_id(), owner.id, request_id, b"secret", [], NOW - ago)
    async with store.unit_of_work() as work:
        await work.exports.add(export)
    return export


async def finished(store: Store, export: Export, *pieces: bytes) -> Export:
    """Claimed and kept."""
    async with store.unit_of_work() as work:
        claimed = await work.exports.claim(NOW, NOW + LEASE)
        assert claimed
        assert claimed.id == export.id
        done = ready(claimed, sum(map(len, pieces)), DAY, NOW)
        await work.exports.keep(done.id, pieces)
        assert await work.exports.save(done)
    return done


async def test_the_same_request_and_one_in_the_making_are_known(store: Store, ada: Account) -> None:
    request_id = new_id()
    old = await finished(store, await begun(store, ada, request_id), b"zip")
    async with store.unit_of_work() as work:
        assert await work.exports.known(ada.id, request_id) == old
        assert await work.exports.known(ada.id, new_id()) is None
        assert await work.exports.known(ada.id, None) is None
        assert await work.exports.known(new_id(), request_id) is None
    making = await begun(store, ada)
    async with store.unit_of_work() as work:
        assert await work.exports.known(ada.id, None) == making
        assert await work.exports.known(ada.id, request_id) == old
        assert list(await work.exports.begun_since(ada.id, NOW - DAY)) == [NOW, NOW]
        assert list(await work.exports.begun_since(ada.id, NOW)) == []


async def test_one_worker_claims_an_export_until_its_lease_is_over(store: Store, ada: Account) -> None:
    export = await begun(store, ada)
    async with store.unit_of_work() as work:
        claimed = await work.exports.claim(NOW, NOW + LEASE)
        assert claimed == replace(export, attempts=1, due_time=NOW + LEASE)
        assert await work.exports.claim(NOW, NOW + LEASE) is None
    async with store.unit_of_work() as work:
        again = await work.exports.claim(NOW + LEASE, NOW + 2 * LEASE)
        assert again
        assert again.attempts == 2
        assert claimed
        assert not await work.exports.save(ready(claimed, 1, DAY, NOW))
        assert await work.exports.save(after_failure(again, "down", DAY, NOW + LEASE))
        assert await work.exports.claim(NOW + LEASE, NOW + 2 * LEASE) is None


async def test_an_archive_is_read_piece_by_piece_by_its_owner_alone(store: Store, ada: Account) -> None:
    done = await finished(store, await begun(store, ada), b"PK", b"rest")
    for caller in (AUTH, Caller(ada.id, Role.STUDENT)):
        with acting_as(caller):
            assert await store.exports.get(done.id) == done
            assert [await store.exports.piece(done, number) for number in range(3)] == [b"PK", b"rest", None]
    with acting_as(Caller(new_id(), Role.ADMIN)):
        assert await store.exports.get(done.id) is None
        assert await store.exports.piece(done, 0) is None


async def test_another_secret_is_that_of_one_account_and_reads_on_where_the_one_before_reads_no_more(
    store: Store, ada: Account
) -> None:
    done = await finished(store, await begun(store, ada), b"PK", b"rest")
    making = await begun(store, ada)
    async with store.unit_of_work() as work:
        bob = open_account(new_id(), Registration("bob@example.org", "Bob", "hash", None), NOW)
        await work.accounts.add(bob)
    other = await begun(store, bob)
    async with store.unit_of_work() as work:
        await work.exports.replace_secrets(ada.id, b"salt")
    replaced = replace(done, secret=hashlib.sha256(b"secretsalt").digest())
    assert await store.exports.get(done.id) == replaced
    assert await store.exports.get(making.id) == replace(making, secret=replaced.secret)
    assert await store.exports.get(other.id) == other
    assert [await store.exports.piece(each, 1) for each in (done, replaced)] == [None, b"rest"]


async def test_an_archive_that_was_being_gathered_keeps_the_secret_it_got_meanwhile(store: Store, ada: Account) -> None:
    await begun(store, ada)
    async with store.unit_of_work() as work:
        claimed = await work.exports.claim(NOW, NOW + LEASE)
        assert claimed
    async with store.unit_of_work() as work:
        await work.exports.replace_secrets(ada.id, b"salt")
    async with store.unit_of_work() as work:
        assert await work.exports.save(ready(claimed, 1, DAY, NOW))
    found = await store.exports.get(claimed.id)
    assert found
    assert (found.state, found.secret) == (ExportState.READY, hashlib.sha256(b"secretsalt").digest())


async def test_what_was_finished_cannot_be_finished_again(store: Store, ada: Account) -> None:
    done = await finished(store, await begun(store, ada), b"zip")
    async with store.unit_of_work() as work:
        await work.exports.keep(done.id, [b"another"])
        assert not await work.exports.save(replace(done, size=9))
    assert await store.exports.piece(done, 0) == b"zip"


async def test_expired_exports_go_with_their_archives(store: Store, ada: Account) -> None:
    done = await finished(store, await begun(store, ada), b"zip")
    making = await begun(store, ada)
    assert await store.leftovers.remove_exports(NOW + DAY - timedelta(seconds=1), 10) == 0
    assert await store.leftovers.remove_exports(NOW + DAY, 10) == 1
    assert await store.exports.get(done.id) is None
    assert await store.exports.piece(done, 0) is None
    assert await store.exports.get(making.id) == making


async def test_one_export_can_be_forgotten_with_its_archive_and_its_request_begins_another(
    store: Store, ada: Account
) -> None:
    request_id = new_id()
    first = await finished(store, await begun(store, ada, request_id), b"one")
    with acting_as(AUTH):
        async with store.unit_of_work() as work:
            await work.exports.remove(first.id)
        assert await store.exports.piece(first, 0) is None
        second = await begun(store, ada, request_id)
        assert await store.exports.get(second.id) == second
        assert await store.exports.get(first.id) is None


async def test_an_erased_account_takes_its_exports_along(store: Store, ada: Account) -> None:
    done = await finished(store, await begun(store, ada), b"zip")
    async with store.unit_of_work() as work:
        assert await work.erasures.erase_account(ada.id) == 3
    assert await store.exports.get(done.id) is None
