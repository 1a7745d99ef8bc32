"""`make bench`: requests per second through the gateway, beside a plain service and beside a call that reads no database."""

import asyncio
import json
import os
import platform
import shutil
import statistics
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from local_mesh.demo.student import Student
from local_mesh.errors import MeshError
from local_mesh.mesh import RunningMesh, running
from local_mesh.servers.databases import in_database
from local_mesh.settings import MeshSettings
from tests.performance import load, neighbours
from tests.performance.load import Round
from tests.performance.report import Measured, figures, table
from tests.performance.sameness import compare
from tests.performance.seed import seed

NOBODY_IS_REFUSED = 1_000_000
_COMPARED = 60
FILTERS = {
    "subject": ("", "SUBJECT_MATH", "SUBJECT_CHEMISTRY", "SUBJECT_HISTORY", "SUBJECT_ENGLISH"),
    "difficulty": ("", "DIFFICULTY_INTRO", "DIFFICULTY_STANDARD", "DIFFICULTY_HONORS"),
    "sort": ("", "popular", "rating"),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured: `rounds` of `seconds` for each service and kind of request, over that many `videos`."""

    videos: int = 20_000
    rounds: int = 5
    seconds: int = 4
    warm_up_seconds: int = 2

    @classmethod
    def chosen(cls) -> "Plan":
        """LM_BENCH=short proves that everything works, and measures nothing worth reading."""
        short = os.environ.get("LM_BENCH") == "short"
        return cls(videos=500, rounds=1, seconds=1, warm_up_seconds=1) if short else cls()


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything that is up: the services by name, and the token that calls them."""

    urls: dict[str, str]
    token: str
    paths: dict[str, Path]


def feeds() -> list[str]:
    """Sixty first pages of twenty: each subject or any, each difficulty or any, each order."""
    chosen = (dict(zip(FILTERS, values, strict=True)) for values in product(*FILTERS.values()))
    return [
        "&".join(["/v1/videos?pageSize=20", *(f"{name}={value}" for name, value in query.items() if value)])
        for query in chosen
    ]


@asynccontextmanager
async def prepared(settings: MeshSettings, plan: Plan) -> AsyncIterator[Bench]:
    """A mesh of its own with the rows in it, a signed-in student, and the two services to compare with."""
    async with running(settings) as mesh:
        ids = seed(in_database((mesh.home.run / "postgres.url").read_text().strip(), "content"), plan.videos)
        paths = {"point": mesh.home.run / "point.paths", "feed": mesh.home.run / "feed.paths"}
        paths["point"].write_text("\n".join(f"/v1/videos/{video}" for video in ids) + "\n")
        paths["feed"].write_text("\n".join(feeds()) + "\n")
        async with neighbours.running(mesh, NOBODY_IS_REFUSED) as others:
            urls = {"ours": mesh.gateway_url, "peer": others.peer, "nodb": others.memory}
            yield Bench(urls, await token(mesh), paths)


async def token(mesh: RunningMesh) -> str:
    """The access token of a student who has just registered."""
    student = Student("Bench", mesh.gateway_url, mesh.home.mail)
    try:
        await student.register()
        await student.verify()
        await student.log_in()
    finally:
        await student.gateway.close()
    return student.gateway.token


async def _compared(bench: Bench) -> int:
    paths = [path for file in bench.paths.values() for path in file.read_text().split()[:_COMPARED]]
    return await compare(bench.urls["ours"], bench.urls["peer"], bench.token, paths)


async def measured(bench: Bench, plan: Plan) -> dict[str, Measured]:
    """Rounds in turn, each service first as often as the others, so that a busy machine is busy for all of them."""
    result: dict[str, Measured] = {}
    for kind in bench.paths:
        for name in bench.urls:
            await _round(bench, kind, name, plan.warm_up_seconds)
        rounds: dict[str, list[Round]] = {name: [] for name in bench.urls}
        for number in range(plan.rounds):
            for name in _turned(list(bench.urls), number):
                rounds[name].append(await _round(bench, kind, name, plan.seconds))
        result[kind] = {name: _median(found) for name, found in rounds.items()}
    return result


async def _round(bench: Bench, kind: str, name: str, seconds: int) -> Round:
    done = await asyncio.to_thread(load.run, bench.urls[name], bench.paths[kind], seconds, bench.token)
    if done.failed:
        raise MeshError(
            f"{done.failed} requests of {name} ({kind}) did not answer 200. Look into the logs of the bench."
        )
    return done


def _turned(names: list[str], by: int) -> list[str]:
    return names[by % len(names) :] + names[: by % len(names)]


def _median(rounds: list[Round]) -> Round:
    fields = ("rps", "p50_ms", "p95_ms", "p99_ms")
    middle = {field: statistics.median(getattr(found, field) for found in rounds) for field in fields}
    return Round(failed=0, **middle)


async def run(home: Path, plan: Plan) -> None:
    """Measures, prints, and writes bench.json into the home."""
    folder = home / "bench"
    shutil.rmtree(folder, ignore_errors=True)
    settings = replace(MeshSettings.read(), home=folder, gateway_port=0, gateway_rate=NOBODY_IS_REFUSED)
    async with prepared(settings, plan) as bench:
        print(f"{await _compared(bench)} answers compared with the plain service's: the same", flush=True)
        found = await measured(bench, plan)
    shutil.rmtree(folder, ignore_errors=True)
    (home / "bench.json").write_text(json.dumps(figures(found), indent=2) + "\n")
    print(
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {load.generator()}, {load.CONNECTIONS} connections, "
        f"{plan.videos} videos, median of {plan.rounds} rounds of {plan.seconds} s"
    )
    print(table(found))
    print(f"written: {home / 'bench.json'}")


def main() -> None:
    """The command's entry point."""
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")
    try:
        asyncio.run(run(MeshSettings.read().home, Plan.chosen()))
    except MeshError as error:
        sys.exit(f"bench: {error}")


if __name__ == "__main__":
    main()
