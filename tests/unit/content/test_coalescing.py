"""Reads that arrive together share a round trip, and nothing else."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from content_service.storage.coalescing import Coalescer


class Source:
    """Counts its reads and answers each when told to."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.gate = asyncio.Event()
        self.error: Exception | None = None

    async def read(self, keys: Sequence[str]) -> Mapping[str, str]:
        self.batches.append(list(keys))
        await self.gate.wait()
        if self.error:
            raise self.error
        return {key: key.upper() for key in keys if key != "absent"}


async def _settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_keys_asked_for_while_a_read_is_under_way_go_together_in_the_next() -> None:
    source = Source()
    coalescer = Coalescer(source.read, lanes=1)
    tasks = []
    for key in ("a", "b", "c", "b"):
        tasks.append(asyncio.create_task(coalescer.get(key)))
        await _settled()
    source.gate.set()
    assert await asyncio.gather(*tasks) == ["A", "B", "C", "B"]
    assert source.batches == [["a"], ["b", "c"]]


async def test_after_a_shared_read_a_lane_waits_for_more_to_join_the_next() -> None:
    source = Source()
    coalescer = Coalescer(source.read, lanes=1, pause=0.5)
    tasks = []
    for key in ("a", "b", "c"):
        tasks.append(asyncio.create_task(coalescer.get(key)))
        await _settled()
    source.gate.set()
    await asyncio.gather(*tasks)
    later = [asyncio.create_task(coalescer.get(key)) for key in ("d", "e")]
    await _settled()
    assert len(source.batches) == 2
    later.append(asyncio.create_task(coalescer.get("f")))
    await asyncio.gather(*later)
    assert source.batches == [["a"], ["b", "c"], ["d", "e", "f"]]


async def test_after_a_lone_read_the_next_starts_at_once() -> None:
    source = Source()
    source.gate.set()
    coalescer = Coalescer(source.read, lanes=1, pause=3600)
    assert [await coalescer.get("a"), await coalescer.get("b")] == ["A", "B"]


async def test_a_key_that_is_asked_for_again_is_read_again() -> None:
    source = Source()
    source.gate.set()
    coalescer = Coalescer(source.read)
    await coalescer.get("a")
    await coalescer.get("a")
    assert source.batches == [["a"], ["a"]]


async def test_a_read_that_began_before_the_question_never_answers_it() -> None:
    source = Source()
    coalescer = Coalescer(source.read, lanes=1)
    first = asyncio.create_task(coalescer.get("a"))
    await _settled()
    second = asyncio.create_task(coalescer.get("a"))
    await _settled()
    source.gate.set()
    await asyncio.gather(first, second)
    assert source.batches == [["a"], ["a"]]


async def test_what_does_not_exist_is_none() -> None:
    source = Source()
    source.gate.set()
    assert await Coalescer(source.read).get("absent") is None


async def test_a_failed_read_fails_all_who_asked_and_nobody_after() -> None:
    source = Source()
    source.error = ValueError("down")
    source.gate.set()
    coalescer = Coalescer(source.read)
    results = await asyncio.gather(coalescer.get("a"), coalescer.get("b"), return_exceptions=True)
    assert [type(result) for result in results] == [ValueError, ValueError]
    source.error = None
    assert await coalescer.get("a") == "A"


async def test_a_caller_that_goes_away_takes_nothing_from_the_others() -> None:
    source = Source()
    coalescer = Coalescer(source.read, lanes=1)
    leaving = asyncio.create_task(coalescer.get("a"))
    await _settled()
    staying = asyncio.create_task(coalescer.get("b"))
    also = asyncio.create_task(coalescer.get("b"))
    await _settled()
    leaving.cancel()
    also.cancel()
    source.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert await staying == "B"
