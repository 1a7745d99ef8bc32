"""Models are loaded by need, share the room, and make way for others."""

import asyncio
import os
import signal
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest
from integration.inference.conftest import copies, running_pool

from inference_service.domain.generation import Sampling
from inference_service.domain.models import MEBIBYTE, EngineState, Machine, Task
from inference_service.engine.pool import Limits, ModelPool
from inference_service.engine.supervised import SupervisedEngine
from inference_service.errors import ModelFileUnusable, ModelInUse, ModelNotFound, ModelTooLarge
from inference_service.storage import Registry

NANO = "little-monster-nano"
MACHINE = Machine(1024 * MEBIBYTE, 2)


def _states(pool: ModelPool) -> dict[str, EngineState]:
    return {card.name: state for card, state in pool.listed()}


async def _write(engine: SupervisedEngine) -> str:
    async with aclosing(engine.generate("topic: x", Sampling(2))) as pieces:
        return "".join([piece.text async for piece in pieces])


async def test_a_named_model_is_loaded_by_need_and_writes(registry: Registry, tmp_path: Path) -> None:
    async with running_pool(copies(registry, tmp_path, "other")) as pool:
        assert _states(pool)["other"] is EngineState.INSTALLED
        await _write(await pool.engine(Task.TEXT, "other"))
        assert _states(pool)["other"] is EngineState.READY


async def test_the_least_recently_used_makes_room_and_the_pinned_one_never(registry: Registry, tmp_path: Path) -> None:
    async with running_pool(copies(registry, tmp_path, "a", "b", "c"), Limits(MACHINE, models=3)) as pool:
        for name in ("a", "b", "a", "c"):
            await pool.engine(Task.TEXT, name)
        ready = {name for name, state in _states(pool).items() if state is EngineState.READY}
        assert ready == {NANO, "a", "c"}


async def test_a_model_at_work_is_not_unloaded(registry: Registry, tmp_path: Path) -> None:
    nano, a, b = copies(registry, tmp_path, "a", "b").cards
    cards = Registry((nano, a, replace(b, parameters=7000)), tmp_path)
    async with running_pool(cards, Limits(MACHINE, models=2)) as pool:
        busy = await pool.engine(Task.TEXT, "a")
        await _write(busy)
        assert busy.process_id
        os.kill(busy.process_id, signal.SIGSTOP)
        work = asyncio.create_task(_write(busy))
        while not busy.waiting:
            await asyncio.sleep(0)
        with pytest.raises(ModelInUse, match="working on 1 requests"):
            await pool.engine(Task.TEXT, "b")
        assert (await pool.engine(Task.TEXT)).card.name != "b"  # the best one has no room, so the next does it
        with pytest.raises(ModelInUse):
            await pool.unload("a")
        os.kill(busy.process_id, signal.SIGCONT)
        await work
        assert (await pool.unload("a"))[1] is EngineState.INSTALLED


async def test_requests_at_the_same_time_load_a_model_once(registry: Registry, tmp_path: Path) -> None:
    async with running_pool(copies(registry, tmp_path, "a")) as pool:
        engines = await asyncio.gather(*(pool.engine(Task.TEXT, "a") for _ in range(8)))
        assert len({engine.process_id for engine in engines}) == 1


async def test_a_model_that_nobody_uses_is_unloaded(registry: Registry, tmp_path: Path) -> None:
    async with running_pool(copies(registry, tmp_path, "a"), Limits(MACHINE, keep_alive=0.001)) as pool:
        for name in (NANO, "a"):
            await pool.engine(Task.TEXT, name)
        while _states(pool)["a"] is EngineState.READY:
            await asyncio.sleep(0.01)
        assert _states(pool)["a"] is EngineState.INSTALLED
        assert await pool.serving()


async def test_a_model_that_cannot_be_loaded_is_passed_over_for_the_next_best(
    registry: Registry, tmp_path: Path
) -> None:
    copied = copies(registry, tmp_path, "large")
    (tmp_path / "large.gguf").write_bytes(b"GGUF" + bytes(100))
    large = replace(copied.card("large"), parameters=7000)
    async with running_pool(Registry((copied.card(NANO), large), tmp_path)) as pool:
        assert (await pool.engine(Task.TEXT)).card.name == NANO
        with pytest.raises(ModelFileUnusable, match=r"GGUF version 0.*lm models verify large"):
            await pool.load("large")
        (tmp_path / "large.gguf").write_bytes((tmp_path / f"{NANO}.gguf").read_bytes())
        assert (await pool.engine(Task.TEXT)).card.name == NANO  # it is not tried with every request
        assert (await pool.load("large"))[1] is EngineState.READY
        assert (await pool.engine(Task.TEXT)).card.name == "large"


async def test_a_model_that_takes_long_to_load_is_passed_over_until_it_is(registry: Registry, tmp_path: Path) -> None:
    copied = copies(registry, tmp_path, "large")
    cards = Registry((copied.card(NANO), replace(copied.card("large"), parameters=7000)), tmp_path)
    async with running_pool(cards, Limits(MACHINE, load_wait=0)) as pool:
        while _states(pool)[NANO] is not EngineState.READY:
            await asyncio.sleep(0.01)
        assert (await pool.engine(Task.TEXT)).card.name == NANO
        while _states(pool)["large"] is not EngineState.READY:
            await asyncio.sleep(0.01)
        assert (await pool.engine(Task.TEXT)).card.name == "large"


async def test_a_model_whose_process_keeps_dying_is_passed_over(registry: Registry, tmp_path: Path) -> None:
    copied = copies(registry, tmp_path, "large")
    large = replace(copied.card("large"), parameters=7000)
    async with running_pool(Registry((copied.card(NANO), large), tmp_path)) as pool:
        engine = await pool.engine(Task.TEXT)
        assert engine.card.name == "large"
        (tmp_path / "large.gguf").write_bytes(b"GGUF" + bytes(100))
        assert engine.process_id
        os.kill(engine.process_id, signal.SIGKILL)
        while (await pool.engine(Task.TEXT)).card.name == "large":
            await asyncio.sleep(0.01)
        assert (await pool.engine(Task.TEXT)).card.name == NANO


async def test_a_model_that_fits_alone_but_not_beside_the_pinned_one_is_passed_over(
    registry: Registry, tmp_path: Path
) -> None:
    copied = copies(registry, tmp_path, "large")
    large = replace(copied.card("large"), parameters=7000, size_bytes=MACHINE.memory_bytes * 5 // 6)
    assert MACHINE.holds(large)
    async with running_pool(Registry((copied.card(NANO), large), tmp_path), Limits(MACHINE)) as pool:
        await pool.engine(Task.TEXT, NANO)
        assert (await pool.engine(Task.TEXT)).card.name == NANO
        with pytest.raises(ModelTooLarge):
            await pool.engine(Task.TEXT, "large")


async def test_what_is_not_there_or_does_not_fit_is_refused(registry: Registry, tmp_path: Path) -> None:
    copied = copies(registry, tmp_path, "gone", "huge")
    (tmp_path / "gone.gguf").unlink()
    huge = replace(copied.card("huge"), size_bytes=2048 * MEBIBYTE)
    async with running_pool(Registry((*copied.cards[:2], huge), tmp_path)) as pool:
        with pytest.raises(ModelNotFound, match="GET /v1/inference/models"):
            await pool.engine(Task.TEXT, "gpt")
        with pytest.raises(ModelFileUnusable, match="not on this machine"):
            await pool.load("gone")
        with pytest.raises(ModelTooLarge, match="raise LM_MODELS_MEMORY_MIB"):
            await pool.load("huge")


async def test_a_service_whose_models_were_all_unloaded_still_takes_requests(pool: ModelPool) -> None:
    assert not await pool.serving()
    await pool.engine(Task.LINES)
    await pool.unload(NANO)
    assert await pool.serving()
    await _write(await pool.engine(Task.LINES))
