"""Who sees a change live."""

import asyncio
from datetime import timedelta

import pytest

from planner_service.errors import TooManyWatchers, WatchTooSlow
from planner_service.use_cases.live import Audience

NEVER = timedelta(hours=1)


async def test_a_change_reaches_every_stream_of_its_owner_and_no_other() -> None:
    audience = Audience[str]()
    with audience.seat("ada") as phone, audience.seat("ada") as laptop, audience.seat("bob") as other:
        audience.tell("ada", "hers")
        audience.tell("bob", "his")
        seen = [await anext(seat.changes(NEVER)) for seat in (phone, laptop, other)]
    assert seen == ["hers", "hers", "his"]


async def test_a_reader_too_slow_is_told_so_and_the_others_lose_nothing() -> None:
    audience = Audience[int](backlog=2)
    with audience.seat("ada") as slow, audience.seat("ada") as quick:
        changes = quick.changes(NEVER)
        for number in range(3):
            audience.tell("ada", number)
            assert await anext(changes) == number
        with pytest.raises(WatchTooSlow):
            await anext(slow.changes(NEVER))


async def test_a_silent_stream_gives_a_sign_of_life() -> None:
    with Audience[str]().seat("ada") as seat:
        assert await anext(seat.changes(timedelta(0))) is None


async def test_seats_are_bounded_and_free_again_when_their_reader_goes() -> None:
    audience = Audience[str](seats=1)
    with audience.seat("ada"), pytest.raises(TooManyWatchers), audience.seat("bob"):
        pass
    assert len(audience) == 0
    with audience.seat("bob"):
        await asyncio.sleep(0)
        assert len(audience) == 1
