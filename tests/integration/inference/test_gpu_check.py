"""`make gpu-check` says clearly what it found. Machines without a graphics processor are the ones these tests can count on."""

import asyncio
import sys

import pytest

from inference_service.engine import gpu
from inference_service.engine.gpu_check import NO_GPU, OK, CheckSettings, describe, measure
from inference_service.engine.spec import WorkerSpec
from inference_service.storage import Registry


async def test_the_command_ends_with_a_status_that_fits_the_machine() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "inference_service.engine.gpu_check"), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    expected = (NO_GPU, b"Models run on the processor") if gpu.problem() else (OK, b"graphics memory")
    assert process.returncode == expected[0]
    assert expected[1] in said


def test_a_driver_that_is_not_there_or_is_another_library_is_named() -> None:
    assert (
        gpu.problem("libno-such-driver.so.1") == "no NVIDIA driver is installed (libno-such-driver.so.1 was not found)"
    )
    assert gpu.problem("libc.so.6") == "libc.so.6 is no NVIDIA driver"


async def test_the_figures_of_a_run_on_the_processor_are_whole(registry: Registry) -> None:
    card = registry.card(CheckSettings().model)
    figures = await measure(card, WorkerSpec(registry.path(card), card.sha256, 512, 1))
    assert figures.tokens_per_second > 0
    assert figures.load_seconds > 0
    assert figures.memory_mib > 10
    assert "tokens/s, loaded in" in describe(card.name, figures)


async def test_a_model_that_cannot_be_run_says_why(registry: Registry) -> None:
    card = registry.card(CheckSettings().model)
    with pytest.raises(RuntimeError, match="its SHA-256 is"):
        await measure(card, WorkerSpec(registry.path(card), "0" * 64, 512, 1))
