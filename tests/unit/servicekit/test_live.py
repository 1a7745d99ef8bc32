"""Who sees a change live."""

from datetime import timedelta

import pytest

from servicekit.errors import NotFound
from servicekit.live import Audience, Sign, TooManyWatchers, WatchTooSlow

NEVER = timedelta(hours=1)
INSTEAD = "ask again"


async def test_a_change_reaches_every_stream_of_its_key_and_no_other() -> None:
    audience = Audience[str](INSTEAD)
    with audience.seat("ada") as phone, audience.seat("ada") as laptop, audience.seat("bob") as other:
        audience.tell("ada", "hers")
        audience.tell("bob", "his")
        assert [await seat.next() for seat in (phone, laptop, other)] == ["hers", "hers", "his"]


async def test_a_reader_too_slow_is_told_what_to_do_and_the_others_lose_nothing() -> None:
    audience = Audience[int](INSTEAD, backlog=2)
    with audience.seat("ada") as slow, audience.seat("ada") as quick:
        for number in range(3):
            audience.tell("ada", number)
            assert await quick.next() == number
        with pytest.raises(WatchTooSlow, match=INSTEAD):
            await slow.next()
        assert len(audience) == 1


async def test_a_silent_stream_gives_a_sign_of_life() -> None:
    with Audience[str](INSTEAD).seat("ada") as seat:
        assert await anext(seat.told(timedelta(0))) is Sign.SILENCE


async def test_what_was_put_before_is_told_before_a_sign_of_life() -> None:
    audience = Audience[str](INSTEAD)
    with audience.seat("ada") as seat:
        audience.tell("ada", "hers")
        assert await anext(seat.told(NEVER)) == "hers"


async def test_every_stream_learns_of_a_gap() -> None:
    audience = Audience[str](INSTEAD)
    with audience.seat("ada") as hers, audience.seat("bob") as his:
        audience.catch_up()
        assert [await seat.next() for seat in (hers, his)] == [Sign.GAP, Sign.GAP]


async def test_a_key_that_is_dismissed_tells_its_streams_why_instead_of_what_they_have_not_read() -> None:
    audience = Audience[str](INSTEAD, backlog=1)
    with audience.seat("ada") as full, audience.seat("bob") as other:
        audience.tell("ada", "unread")
        audience.dismiss("ada", NotFound())
        with pytest.raises(NotFound):
            await full.next()
        audience.tell("bob", "his")
        assert await other.next() == "his"


async def test_seats_are_bounded_and_free_again_when_their_reader_goes() -> None:
    audience = Audience[str](INSTEAD, seats=1)
    with audience.seat("ada"), pytest.raises(TooManyWatchers, match=INSTEAD), audience.seat("bob"):
        pass
    assert len(audience) == 0
    with audience.seat("bob"):
        assert len(audience) == 1
