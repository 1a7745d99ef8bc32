"""A model file is read through once in the service's life, and again whenever anything may have touched it."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from inference_service.domain.models import EngineState, ModelCard
from inference_service.engine.gguf import GgufRefused
from inference_service.engine.process import verify
from inference_service.engine.spec import WorkerSpec, fingerprint
from inference_service.engine.supervised import SupervisedEngine
from inference_service.storage import Registry
from local_mesh.readiness import wait_until

UNKNOWN = "0" * 64
"""A checksum no file has: who reads the file refuses it."""


@pytest.fixture
def card(registry: Registry) -> ModelCard:
    return registry.card("little-monster-nano")


@pytest.fixture
def spec(registry: Registry, card: ModelCard, tmp_path: Path) -> WorkerSpec:
    file = tmp_path / card.file
    file.write_bytes(registry.path(card).read_bytes())
    return WorkerSpec(file, card.sha256, card.context_length, 1)


def _flip_last_byte(file: Path) -> None:
    """As a failing disk or a bad copy would, in place, with its size and the time of its last change as before."""
    times = file.stat()
    with file.open("r+b") as damaged:
        damaged.seek(-1, os.SEEK_END)
        last = damaged.read(1)
        damaged.seek(-1, os.SEEK_END)
        damaged.write(bytes([last[0] ^ 1]))
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


def _replace(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    other = file.with_suffix(".new")
    other.write_bytes(data)
    os.utime(other, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))
    other.rename(file)


def test_a_file_that_was_found_good_is_not_read_again(spec: WorkerSpec) -> None:
    assert verify(spec) == fingerprint(spec.path)
    assert verify(replace(spec, sha256=UNKNOWN, verified=fingerprint(spec.path))) == fingerprint(spec.path)


@pytest.mark.parametrize("touch", [_flip_last_byte, _replace, lambda file: os.truncate(file, 100)])
def test_a_file_that_was_found_good_and_then_touched_is_read_again_and_refused(
    spec: WorkerSpec, touch: Callable[[Path], None]
) -> None:
    verified = verify(spec)
    touch(spec.path)
    with pytest.raises(GgufRefused, match="its SHA-256 is"):
        verify(replace(spec, verified=verified))


def test_a_copy_that_only_got_another_name_and_place_is_read_again_and_found_good(spec: WorkerSpec) -> None:
    verified, copy = verify(spec), spec.path.with_suffix(".copy")
    copy.write_bytes(spec.path.read_bytes())
    assert verify(replace(spec, path=copy, verified=verified)) == fingerprint(copy) != verified


@pytest.fixture
async def started(card: ModelCard) -> AsyncIterator[Callable[..., SupervisedEngine]]:
    supervisions: list[asyncio.Task[None]] = []

    def start(spec: WorkerSpec, verified: dict[tuple[Path, str], str]) -> SupervisedEngine:
        engine = SupervisedEngine(card, spec, verified=verified)
        supervisions.append(asyncio.create_task(engine.supervise()))
        return engine

    yield start
    for supervision in supervisions:
        supervision.cancel()
    await asyncio.gather(*supervisions, return_exceptions=True)


async def _killed(engine: SupervisedEngine) -> None:
    killed = engine.process_id
    assert killed
    os.kill(killed, signal.SIGKILL)

    async def gone() -> bool:
        return engine.process_id != killed

    assert await wait_until(gone, 60)


async def test_a_process_tells_what_it_found_good_and_the_next_ones_rely_on_it(spec: WorkerSpec, started) -> None:
    verified: dict[tuple[Path, str], str] = {}
    engine = started(spec, verified)
    assert await engine.settle(60) == ""
    assert verified == {(spec.path, spec.sha256): fingerprint(spec.path)}
    await _killed(engine)
    assert await engine.settle(60) == ""
    # Another engine of the same service; it would refuse the file if it read it.
    relying = replace(spec, sha256=UNKNOWN)
    assert await started(relying, {(spec.path, UNKNOWN): fingerprint(spec.path)}).settle(60) == ""
    assert "its SHA-256 is" in await started(relying, verified).settle(60)


async def test_a_file_that_is_damaged_while_its_model_runs_is_refused_by_the_next_process(
    spec: WorkerSpec, started
) -> None:
    engine = started(spec, {})
    assert await engine.settle(60) == ""
    _flip_last_byte(spec.path)
    await _killed(engine)
    assert "its SHA-256 is" in await engine.settle(60)
    assert engine.state is not EngineState.READY
