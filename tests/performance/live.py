"""`make bench-live`: how long a comment takes to everybody who watches, with a thousand streams open at the gateway."""

import asyncio
import json
import os
import platform
import shutil
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from local_mesh.demo.student import Student
from local_mesh.errors import MeshError
from local_mesh.mesh import RunningMesh, running
from local_mesh.servers.databases import in_database
from local_mesh.settings import MeshSettings
from servicekit.streams import MOST_STREAMS
from tests.performance.listeners import Heard, listen, marked
from tests.performance.seed import seed

_NOBODY_IS_REFUSED = 1_000_000
_SIGN_INS_AT_ONCE = 2
_LOST_AFTER_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Plan:
    """`comments` are written one every `interval` seconds while `streams` watch; the first `warm_up` do not count."""

    streams: int = 1000
    comments: int = 60
    interval: float = 1.0
    warm_up: int = 5


@dataclass(frozen=True, slots=True)
class Delivery:
    """From the moment an author sends a comment until a stream has it, over all streams and comments."""

    streams: int
    comments: int
    delivered: int
    lost: int
    repeated: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float


async def measure(url: str, path: str, writers: list[Student], plan: Plan) -> Delivery:
    """Opens the streams, writes the comments, and says what came of it. `path` is that of a video's comments."""
    tokens = [writer.gateway.token for writer in writers]
    heard, transports = await listen(url, f"{path}:watch", tokens, plan.streams)
    try:
        if heard.refused or heard.open < plan.streams:
            raise MeshError(f"{heard.open} of {plan.streams} streams opened: {heard.refused[:1]}")
        sent = [await _write(writers[number % len(writers)], path, number, plan) for number in range(plan.comments)]
        for number in range(plan.comments):
            await heard.until(number, plan.streams, _LOST_AFTER_SECONDS)
    finally:
        for transport in transports:
            transport.abort()
    return _delivery(heard, sent, plan)


async def _write(writer: Student, path: str, number: int, plan: Plan) -> float:
    began = time.monotonic()
    await writer.gateway.call("POST", path, {"text": marked(number)})
    await asyncio.sleep(max(0.0, began + plan.interval - time.monotonic()))
    return began


def _delivery(heard: Heard, sent: list[float], plan: Plan) -> Delivery:
    counted = range(plan.warm_up, plan.comments)
    took = sorted(1000 * (came - sent[number]) for number in counted for came in heard.times[number])
    every = [len(heard.times[number]) for number in counted]
    cuts = statistics.quantiles(took, n=100)
    return Delivery(
        streams=plan.streams,
        comments=len(counted),
        delivered=len(took),
        lost=sum(max(0, plan.streams - many) for many in every),
        repeated=sum(max(0, many - plan.streams) for many in every),
        p50_ms=round(cuts[49], 1),
        p95_ms=round(cuts[94], 1),
        p99_ms=round(cuts[98], 1),
        max_ms=round(took[-1], 1),
    )


@asynccontextmanager
async def _signed_in(mesh: RunningMesh, number: int) -> AsyncIterator[list[Student]]:
    students = [Student(f"Live{each}", mesh.gateway_url, mesh.home.mail) for each in range(number)]
    places = asyncio.Semaphore(_SIGN_INS_AT_ONCE)

    async def sign_in(student: Student) -> None:
        async with places:
            await student.register()
            await student.verify()
            await student.log_in()

    try:
        await asyncio.gather(*map(sign_in, students))
        yield students
    finally:
        await asyncio.gather(*(student.gateway.close() for student in students))


async def run(home: Path, plan: Plan) -> Delivery:
    """Measures on a mesh of its own, prints, and writes bench-live.json into the home."""
    folder = home / "bench-live"
    shutil.rmtree(folder, ignore_errors=True)
    settings = replace(MeshSettings.read(), home=folder, gateway_port=0, gateway_rate=_NOBODY_IS_REFUSED)
    async with running(settings) as mesh:
        [video] = seed(in_database((mesh.home.run / "postgres.url").read_text().strip(), "content"), 1)
        async with _signed_in(mesh, -(-plan.streams // MOST_STREAMS)) as students:
            found = await measure(mesh.gateway_url, f"/v1/videos/{video}/comments", students, plan)
    shutil.rmtree(folder, ignore_errors=True)
    (home / "bench-live.json").write_text(json.dumps(asdict(found), indent=2) + "\n")
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, streams, authors and mesh on one machine")
    print(json.dumps(asdict(found), indent=2))
    return found


def main() -> None:
    """The command's entry point: 1 when a comment was lost or came twice."""
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")
    try:
        found = asyncio.run(run(MeshSettings.read().home, Plan()))
    except MeshError as error:
        sys.exit(f"bench-live: {error}")
    sys.exit(1 if found.lost or found.repeated else 0)


if __name__ == "__main__":
    main()
