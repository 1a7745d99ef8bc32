"""The worker that gathers exports: services that are away or come back, archives that fail, and workers that die."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta

import psycopg
import pytest
from integration.auth.conftest import Running
from integration.auth.exporting import begun, fetched, seen
from integration.auth.test_races import count
from psycopg import AsyncConnection

from auth_service.clients.archives import ZipArchive
from auth_service.domain.exports import LEASE, MOST_ATTEMPTS
from auth_service.storage.exports import StoredExports
from auth_service.storage.unit_of_work import units_of_work
from auth_service.use_cases.acting import AUTH
from auth_service.use_cases.exports import Exporting
from littlemonster.auth.v1 import user_service_pb2 as pb
from servicekit.caller import acting_as

NOWHERE = "127.0.0.1:1"


async def test_a_service_that_is_down_is_asked_again_and_then_named(
    running: Running, exporting: Callable[..., Exporting]
) -> None:
    await running.verified()
    tokens = await running.log_in()
    export = await begun(running, tokens)
    worker = exporting(planner=NOWHERE)
    for attempt in range(1, MOST_ATTEMPTS + 1):
        assert await worker.gather_next() == 1
        state = (await seen(running, tokens, export)).state
        assert state == (pb.Export.STATE_FAILED if attempt == MOST_ATTEMPTS else pb.Export.STATE_GATHERING)
        assert await worker.gather_next() == 0
        running.clock.advance(timedelta(seconds=30))
    failed = await seen(running, tokens, export)
    assert failed.failure_reason.startswith("The planner service did not answer in time.")
    assert failed.url == ""


async def test_a_service_that_comes_back_is_no_failure(running: Running, exporting: Callable[..., Exporting]) -> None:
    await running.verified()
    tokens = await running.log_in()
    export = await begun(running, tokens)
    await exporting(planner=NOWHERE).gather_next()
    running.clock.advance(timedelta(seconds=30))
    await exporting().gather_next()
    assert (await seen(running, tokens, export)).state == pb.Export.STATE_READY


async def test_an_archive_that_grows_too_large_is_given_up_at_once(
    running: Running, exporting: Callable[..., Exporting]
) -> None:
    await running.verified()
    tokens = await running.log_in()
    export = await begun(running, tokens)
    await exporting(most_bytes=100).gather_next()
    failed = await seen(running, tokens, export)
    assert (failed.state, failed.failure_reason.startswith("There is more data")) == (pb.Export.STATE_FAILED, True)


async def test_a_worker_that_dies_leaves_nothing_and_another_begins_anew(
    running: Running, exporting: Callable[..., Exporting]
) -> None:
    await running.verified()
    tokens = await running.log_in()
    export = await begun(running, tokens)
    with acting_as(AUTH):
        async with units_of_work(running.database)() as work:
            assert await work.exports.claim(running.clock(), running.clock() + LEASE)  # and is never heard of again
    assert await exporting().gather_next() == 0
    running.clock.advance(LEASE)
    assert await exporting().gather_next() == 1
    running.clock.advance(-LEASE)
    assert (await seen(running, tokens, export)).state == pb.Export.STATE_READY


async def test_an_export_that_kills_every_worker_is_given_up(
    running: Running, exporting: Callable[..., Exporting]
) -> None:
    await running.verified()
    tokens = await running.log_in()
    export = await begun(running, tokens)
    with acting_as(AUTH):
        for _ in range(MOST_ATTEMPTS):
            async with units_of_work(running.database)() as work:
                assert await work.exports.claim(running.clock(), running.clock())
    assert await exporting().gather_next() == 1
    assert (await seen(running, tokens, export)).state == pb.Export.STATE_FAILED


async def test_what_nobody_foresaw_ends_the_try_and_not_the_worker(
    running: Running, exporting: Callable[..., Exporting]
) -> None:
    await running.verified()
    tokens = await running.log_in()
    export = await begun(running, tokens)
    async with await AsyncConnection.connect(running.urls.owner, autocommit=True) as owner:
        await owner.execute("ALTER TABLE preferences RENAME COLUMN language TO tongue")
        assert await exporting().gather_next() == 1
        assert (await seen(running, tokens, export)).state == pb.Export.STATE_GATHERING
        await owner.execute("ALTER TABLE preferences RENAME COLUMN tongue TO language")
    running.clock.advance(timedelta(seconds=30))
    assert await exporting().gather_next() == 1
    assert (await seen(running, tokens, export)).state == pb.Export.STATE_READY


async def test_an_account_erased_meanwhile_gets_no_archive(
    running: Running, exporting: Callable[..., Exporting]
) -> None:
    await running.verified()
    tokens = await running.log_in()
    export = await begun(running, tokens)
    worker = exporting()
    with acting_as(AUTH):
        async with units_of_work(running.database)() as work:
            claimed = await work.exports.claim(running.clock(), running.clock() + LEASE)
            assert claimed
            await work.erasures.erase_account(tokens.user_id)
        await worker._gather(claimed)
        assert await StoredExports(running.database).get(export.id) is None
    assert await count(running, "export_pieces") == 0


async def test_what_a_worker_gathered_whose_lease_is_over_is_kept_neither_before_nor_beside_nor_after_that_of_the_next(
    running: Running, exporting: Callable[..., Exporting]
) -> None:
    await running.verified()
    tokens = await running.log_in()
    export = await begun(running, tokens)
    late, worker = exporting(), exporting()
    with acting_as(AUTH):
        async with units_of_work(running.database)() as work:
            over = await work.exports.claim(running.clock(), running.clock())
            claimed = await work.exports.claim(running.clock(), running.clock() + LEASE)
        assert over
        assert claimed
        await late._gather(over)
        assert await count(running, "export_pieces") == 0
        await asyncio.gather(late._gather(over), worker._gather(claimed), late._gather(over))
        await late._gather(over)
    assert await count(running, "export_pieces") == 1
    ready = await seen(running, tokens, export)
    assert (await fetched(running, ready.url)).testzip() is None


async def test_whoever_locks_the_account_out_does_not_wait_while_the_pieces_of_an_archive_are_kept(
    running: Running, exporting: Callable[..., Exporting], monkeypatch: pytest.MonkeyPatch
) -> None:
    await running.verified()
    tokens = await running.log_in()
    export = await begun(running, tokens)
    pieces = ZipArchive.pieces

    def while_they_are_kept(archive: ZipArchive) -> Iterator[bytes]:
        yield from pieces(archive)
        with psycopg.connect(running.urls.owner) as other:
            other.execute("SELECT set_config('lm.role', 'SERVICE', true)")
            assert other.execute("SELECT FROM exports FOR NO KEY UPDATE NOWAIT").rowcount == 1

    monkeypatch.setattr(ZipArchive, "pieces", while_they_are_kept)
    assert await exporting().gather_next() == 1
    assert (await seen(running, tokens, export)).state == pb.Export.STATE_READY
