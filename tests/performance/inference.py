"""`make bench-inference`: each engine alone and through the service, with 1, 4 and 8 clients, and what it takes of memory.

Both engines run the same file in turn, so that a busy machine is busy for both. LM_BENCH=short proves that everything works.
"""

import asyncio
import itertools
import json
import os
import platform
import struct
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from inference_service.domain.generation import Claim, Sampling
from inference_service.domain.models import EngineName, ModelCard
from inference_service.engine.spec import WorkerSpec, file_sha256
from inference_service.engine.supervised import SupervisedEngine
from inference_service.storage import read_registry

CLIENTS = (1, 4, 8)
PLACES = 4
NANO = "little-monster-nano"
_UINT32 = 4
PROMPT = "topic: the Black Death\nkind: hook\nwonder: how an illness could cross a whole continent\nsay:"


@dataclass(frozen=True, slots=True)
class Plan:
    """Rounds of each measurement, and tokens each client gets written in a round."""

    rounds: int = 10
    tokens: int = 400

    @classmethod
    def chosen(cls) -> "Plan":
        return cls(rounds=1, tokens=20) if os.environ.get("LM_BENCH") == "short" else cls()


@dataclass(frozen=True, slots=True)
class Figures:
    """Tokens a second by number of clients, and without the service; overhead in percent; memory in MiB; load in s.

    Each is the fastest round: whatever else runs on the machine can only slow a round down.
    """

    clients: dict[int, float]
    alone: float
    overhead_percent: float
    memory_mib: float
    load_seconds: float


def sampling(plan: Plan, seed: int) -> Sampling:
    """Hot and unlimited in choice, so that answers are long."""
    return Sampling(plan.tokens, 2.0, seed, top_k=0, top_p=1.0)


def seeds(first: int) -> Iterator[int]:
    """A different answer each time, the same ones for the same `first`."""
    return itertools.count(first * 1000)


def endless(file: Path, folder: Path) -> Path:
    """A copy of the model that does not end its answers by itself: its end mark is made the token for unknown text."""
    data, key = file.read_bytes(), b"tokenizer.ggml.eos_token_id"
    patched = data.replace(key + struct.pack("<II", _UINT32, 2), key + struct.pack("<II", _UINT32, 0))
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / f"endless-{file.name}"
    copy.write_bytes(patched)
    return copy


def spec_of(file: Path, card: ModelCard, library: EngineName) -> WorkerSpec:
    threads = int(os.environ.get("LM_MODEL_THREADS") or 1)
    layers = int(os.environ.get("LM_MODEL_GPU_LAYERS") or 0)
    return WorkerSpec(file, file_sha256(file), card.context_length, threads, library, PLACES, layers)


@asynccontextmanager
async def started(card: ModelCard, spec: WorkerSpec) -> AsyncIterator[tuple[SupervisedEngine, float]]:
    """The engine when it has loaded, and the seconds that took."""
    engine, began = SupervisedEngine(card, spec), time.monotonic()
    supervision = asyncio.create_task(engine.supervise())
    try:
        if why := await engine.settle(600.0):
            raise SystemExit(f"{card.name} cannot be run by {spec.engine}: {why}")
        yield engine, time.monotonic() - began
    finally:
        supervision.cancel()
        await asyncio.gather(supervision, return_exceptions=True)


async def written(engine: SupervisedEngine, chosen: Sampling, user: str) -> int:
    async with aclosing(engine.generate(PROMPT, chosen, Claim(user))) as pieces:
        return max([piece.tokens async for piece in pieces])


async def through_the_service(engine: SupervisedEngine, clients: int, plan: Plan, seed: int) -> float:
    """Tokens a second of so many clients at a time, each with a queue place of its own."""
    began = time.perf_counter()
    totals = await asyncio.gather(*(_client(engine, plan, seed, number) for number in range(clients)))
    return sum(totals) / (time.perf_counter() - began)


async def _client(engine: SupervisedEngine, plan: Plan, seed: int, number: int) -> int:
    total, next_seed = 0, seeds(seed + number)
    while total < plan.tokens:
        total += await written(engine, sampling(plan, next(next_seed)), f"user-{number}")
    return total


class Alone:
    """The library itself in a process of its own, without frames, queue or supervision; it tells its tokens a second."""

    def __init__(self, spec: WorkerSpec) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.performance.inference", "alone", spec.encode()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | {"OMP_WAIT_POLICY": "PASSIVE", "OMP_NUM_THREADS": str(spec.threads)},
        )

    def measure(self, seed: int) -> float:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{seed}\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.stdout.read()
        self._process.wait()


def run_alone(spec: WorkerSpec, plan: Plan) -> None:
    from inference_service.engine.native import NativeModel
    from inference_service.engine.xllama import BatchedModel

    told = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # native code logs to stdout
    model = BatchedModel(spec) if spec.engine is EngineName.XLLAMACPP else NativeModel(spec)
    for line in sys.stdin:
        began, tokens, next_seed = time.perf_counter(), 0, seeds(int(line))
        while tokens < plan.tokens:
            *_, last = model.generate(PROMPT, sampling(plan, next(next_seed)), lambda: False)
            tokens += last.tokens
        print(tokens / (time.perf_counter() - began), file=told, flush=True)
    os._exit(0)


def memory_mib(pid: int) -> float:
    """Proportional set size: what the process adds to the machine."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("Pss:")).split()[1]) / 1024


async def measured(card: ModelCard, spec: WorkerSpec, plan: Plan) -> Figures:
    alone = Alone(spec)
    try:
        async with started(card, spec) as (engine, load_seconds):
            await through_the_service(engine, 1, plan, 0)
            alone.measure(0)
            # In turn, so that a busy machine is busy for both.
            pairs = [await _pair(alone, engine, plan, seed) for seed in range(1, plan.rounds + 1)]
            alone_best = max(by_itself for by_itself, _ in pairs)
            clients = {
                number: max([await through_the_service(engine, number, plan, seed) for seed in range(plan.rounds)])
                for number in CLIENTS
            }
            assert engine.process_id
            return Figures(
                clients=clients,
                alone=alone_best,
                overhead_percent=100 * (alone_best / max(clients[1], *(served for _, served in pairs)) - 1),
                memory_mib=memory_mib(engine.process_id),
                load_seconds=load_seconds,
            )
    finally:
        alone.close()


async def _pair(alone: Alone, engine: SupervisedEngine, plan: Plan, seed: int) -> tuple[float, float]:
    """The same request without and with the service, one after the other, each first in turn."""
    if seed % 2:
        by_itself = await asyncio.to_thread(alone.measure, seed)
        return by_itself, await through_the_service(engine, 1, plan, seed)
    served = await through_the_service(engine, 1, plan, seed)
    return await asyncio.to_thread(alone.measure, seed), served


def table(found: dict[str, Figures]) -> str:
    heads = ["engine", "alone", *(f"{number} clients" for number in CLIENTS), "overhead", "memory", "load"]
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for name, figures in found.items():
        cells = [name, f"{figures.alone:,.0f}", *(f"{figures.clients[number]:,.0f}" for number in CLIENTS)]
        cells += [
            f"{figures.overhead_percent:+.1f} %",
            f"{figures.memory_mib:,.0f} MiB",
            f"{figures.load_seconds:.2f} s",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


async def main() -> None:
    plan, registry_file = Plan.chosen(), os.environ.get("LM_MODEL_REGISTRY")
    home = Path(os.environ.get("LM_HOME") or ".local")
    pulled = Path(os.environ.get("LM_MODELS_DIR") or home / "models")
    registry = read_registry(Path(registry_file) if registry_file else None, pulled)
    card = registry.described(registry.card(os.environ.get("LM_MODEL") or NANO))
    file = endless(registry.path(card), home) if card.name == NANO else registry.path(card)
    found = {str(library): await measured(card, spec_of(file, card, library), plan) for library in EngineName}
    print(
        f"{card.name}, {os.cpu_count()} cores, Python {platform.python_version()}, fastest of {plan.rounds} rounds "
        f"of {plan.tokens} tokens a client; tokens a second"
    )
    print(table(found))
    save(home, found)


def save(home: Path, found: dict[str, Figures]) -> None:
    home.mkdir(parents=True, exist_ok=True)
    file = home / "bench-inference.json"
    file.write_text(json.dumps({name: asdict(figures) for name, figures in found.items()}, indent=2) + "\n")
    print(f"written: {file}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["alone"]:
        run_alone(WorkerSpec.decode(sys.argv[2]), Plan.chosen())
    else:
        asyncio.run(main())
