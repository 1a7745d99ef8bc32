"""`make gpu-check`: whether a graphics processor can be used, and what it gains: tokens a second, load time, memory.

The configured model (LM_MODEL) is run on the processor, then with all of its layers on the graphics processor. Exit status: 0
with the figures, 3 when there is no graphics processor, 1 when there is one and the model cannot be run on it.
"""

import asyncio
import shutil
import subprocess
import sys
import time
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from inference_service.domain.generation import Sampling
from inference_service.domain.models import EngineName, ModelCard
from inference_service.engine import gpu
from inference_service.engine.spec import WorkerSpec
from inference_service.engine.supervised import SupervisedEngine
from inference_service.storage import read_registry

OK, FAILED, NO_GPU = 0, 1, 3
ALL_LAYERS = 1000
LOAD_SECONDS, TOKENS, ROUNDS = 300.0, 128, 3
PROMPT = "Explain in a few sentences why the sky is blue."


class CheckSettings(BaseSettings):
    """What the check reads of the service's settings."""

    model_config = SettingsConfigDict(env_prefix="LM_", frozen=True, extra="ignore")

    model_registry: Path | None = None
    models_dir: Path | None = Path(".local/models")
    model: str = "little-monster-nano"
    engine: EngineName = EngineName.CTRANSFORMERS
    model_threads: int = Field(default=1, ge=1)


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds, tokens a second, and mebibytes of the process and of the graphics processor."""

    load_seconds: float
    tokens_per_second: float
    memory_mib: float
    gpu_memory_mib: float


async def measure(card: ModelCard, spec: WorkerSpec) -> Figures:
    """Load, write a few answers, unload. Raises RuntimeError when it cannot be loaded."""
    engine, began = SupervisedEngine(card, spec), time.monotonic()
    supervision = asyncio.create_task(engine.supervise())
    try:
        if why := await engine.settle(LOAD_SECONDS):
            raise RuntimeError(why)
        loaded = time.monotonic() - began
        speeds = [await _speed(engine, seed) for seed in range(ROUNDS)]
        return Figures(loaded, max(speeds), _memory_mib(engine.process_id), _gpu_memory_mib(engine.process_id))
    finally:
        supervision.cancel()
        await asyncio.gather(supervision, return_exceptions=True)


async def _speed(engine: SupervisedEngine, seed: int) -> float:
    began = time.monotonic()
    async with aclosing(engine.generate(PROMPT, Sampling(TOKENS, 1.0, seed))) as pieces:
        tokens = max([piece.tokens async for piece in pieces])
    return tokens / (time.monotonic() - began)


def _memory_mib(pid: int | None) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS:")).split()[1]) / 1024


def _gpu_memory_mib(pid: int | None) -> float:
    """What the driver says that the process holds; 0 where it does not say."""
    if not (program := shutil.which("nvidia-smi")):
        return 0.0
    asked = (program, "--query-compute-apps=pid,used_memory", "--format=csv,noheader,nounits")
    said = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    used = [line.split(", ")[1] for line in said.splitlines() if line.split(", ")[0] == str(pid)]
    return float(used[0]) if used and used[0].isdecimal() else 0.0


def describe(name: str, figures: Figures) -> str:
    return (
        f"{name:<20} {figures.tokens_per_second:>8,.1f} tokens/s, loaded in {figures.load_seconds:.1f} s, "
        f"{figures.memory_mib:,.0f} MiB of memory, {figures.gpu_memory_mib:,.0f} MiB of graphics memory"
    )


async def check(settings: CheckSettings, problem: str) -> int:
    """Measure on the processor and, when `problem` is empty, on the graphics processor. Return the exit status."""
    if problem:
        print(f"No graphics processor can be used: {problem}. Models run on the processor; nothing needs to be done.")
        return NO_GPU
    registry = read_registry(settings.model_registry, settings.models_dir)
    card = registry.described(registry.card(settings.model))
    spec = WorkerSpec(registry.path(card), card.sha256, min(card.context_length, 2048), settings.model_threads)
    spec = replace(spec, engine=card.engine or settings.engine)
    try:
        print(describe(f"{card.name}, CPU", await measure(card, spec)))
        print(describe(f"{card.name}, GPU", await measure(card, replace(spec, gpu_layers=ALL_LAYERS))))
    except RuntimeError as error:
        print(f"The model '{card.name}' cannot be run: {error}.", file=sys.stderr)
        return FAILED
    return OK


if __name__ == "__main__":
    raise SystemExit(asyncio.run(check(CheckSettings(), gpu.problem())))
