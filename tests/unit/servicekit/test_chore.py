"""A worker's loop over what comes due, such as mails."""

import asyncio
from collections.abc import Iterator

import pytest

from servicekit.chore import Chore
from servicekit.database import DatabaseUnavailable


class _Delivery:
    """Answers or fails as told, then says it is done and finds nothing any more."""

    def __init__(self, outcomes: Iterator[int | Exception]) -> None:
        self._outcomes = outcomes
        self.done = asyncio.Event()

    async def deliver_due(self) -> int:
        outcome = next(self._outcomes, None)
        if outcome is None:
            self.done.set()
            return 0
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


async def run_until_done(delivery: _Delivery) -> None:
    queue = asyncio.create_task(
        Chore(delivery.deliver_due, name="mail delivery", poll_seconds=0, pause_seconds=0).run()
    )
    done = asyncio.create_task(delivery.done.wait())
    await asyncio.wait((queue, done), return_when=asyncio.FIRST_COMPLETED)
    done.cancel()
    if queue.done():
        queue.result()
    queue.cancel()


async def test_an_outage_of_the_database_does_not_end_the_queue() -> None:
    await run_until_done(_Delivery(iter([8, 3, 0, DatabaseUnavailable(), 1, 0])))


async def test_a_bug_is_logged_and_does_not_end_the_queue(caplog: pytest.LogCaptureFixture) -> None:
    await run_until_done(_Delivery(iter([ZeroDivisionError(), 2, ZeroDivisionError(), 0])))
    assert [record.getMessage() for record in caplog.records] == ["mail delivery failed"] * 2
    assert all(record.exc_info for record in caplog.records)


async def test_what_fails_again_and_again_is_tried_more_and_more_seldom_until_something_succeeds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses, yielded = [], asyncio.sleep

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        await yielded(0)

    monkeypatch.setattr("servicekit.chore.asyncio.sleep", sleep)
    outcomes = [ZeroDivisionError()] * 7 + [1, ZeroDivisionError()]
    delivery = _Delivery(iter(outcomes))
    chore = asyncio.create_task(Chore(delivery.deliver_due, name="mail delivery").run())
    await delivery.done.wait()
    chore.cancel()
    assert [pause for pause in pauses if pause != 0.5] == [2, 4, 8, 16, 32, 60, 60, 2]
