"""The audit log keeps what it is given, in memory as in PostgreSQL."""

from datetime import UTC, datetime, timedelta

import pytest
from contract.auth.conftest import Store

from auth_service.domain.audit import AuditAction, AuditEvent, AuditQuery, chained
from auth_service.domain.sessions import Client
from auth_service.use_cases.acting import AUTH
from auth_service.use_cases.auditing import entry
from servicekit.caller import acting_as
from servicekit.ids import new_id

NOW = datetime(2026, 3, 2, 9, 30, 0, 123456, tzinfo=UTC)
ADA, BOB = new_id(), new_id()


@pytest.fixture(autouse=True)
def as_auth():
    with acting_as(AUTH):
        yield


async def written(store: Store, *events: AuditEvent) -> list[AuditEvent]:
    async with store.unit_of_work() as work:
        for each in events:
            await work.audit.record(each)
    return list(events)


def event(action: AuditAction = AuditAction.SESSION_OPENED, at: datetime = NOW, **who: str) -> AuditEvent:
    return entry(action, at, Client("192.0.2.7"), **who)


async def test_entries_come_back_as_they_were_the_newest_first_in_pages(store: Store) -> None:
    first, second, third = await written(store, event(actor=ADA, subject=ADA), event(subject=BOB), event())
    assert list(await store.audit.search(AuditQuery(), None, 2)) == [third, second]
    assert list(await store.audit.search(AuditQuery(), second.id, 2)) == [first]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (AuditQuery(actor_id=ADA), [0, 2]),
        (AuditQuery(subject_id=BOB), [1, 2]),
        (AuditQuery(actor_id=ADA, subject_id=BOB), [2]),
        (AuditQuery(action="account.suspended"), [2]),
        (AuditQuery(action="account_suspended"), []),
        (AuditQuery(outcome="success", actor_id=ADA), [0, 2]),
        (AuditQuery(outcome="CREDENTIALS_INVALID"), []),
        (AuditQuery(since=NOW + timedelta(seconds=1)), [1, 2]),
        (AuditQuery(until=NOW + timedelta(seconds=1)), [0]),
    ],
)
async def test_entries_are_found_by_each_filter(store: Store, query: AuditQuery, found: list[int]) -> None:
    later = NOW + timedelta(seconds=1)
    events = await written(
        store,
        event(actor=ADA, subject=ADA),
        event(subject=BOB, at=later),
        event(AuditAction.SUSPENDED, actor=ADA, subject=BOB, at=later),
    )
    assert list(await store.audit.search(query, None, 20)) == [events[each] for each in reversed(found)]


async def test_entries_wait_for_the_chain_until_they_are_in_it(store: Store) -> None:
    events = await written(store, event(actor=ADA), event(), event())
    assert await store.audit.unsealed_since(NOW) == 3
    async with store.unit_of_work() as work:
        assert list(await work.audit.unsealed(2)) == events[:2]
        assert await work.audit.last_link() is None
        await work.audit.seal(list(chained(None, events[:2])))
    async with store.unit_of_work() as work:
        assert list(await work.audit.unsealed(20)) == events[2:]
        assert await work.audit.last_link() == list(chained(None, events[:2]))[-1]
    links = await store.audit.links(0, 20)
    assert [found for _, found in links] == events[:2]
    assert [link for link, _ in links] == list(chained(None, events[:2]))
    assert list(await store.audit.links(1, 20)) == links[1:]
    assert await store.audit.unsealed_since(NOW) == 1
    assert await store.audit.unsealed_since(NOW - timedelta(microseconds=1)) == 0
