"""`make bench-scale`: what feed and search cost over a million videos, beside the same over ten thousand."""

import asyncio
import json
import os
import random
import re
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from content_service.storage import statements
from content_service.storage.search import found
from content_service.storage.search_index import shelves
from inference_service.curriculum.pack import load_curriculum
from inference_service.domain.lesson import Topic
from local_mesh.errors import MeshError
from local_mesh.mesh import RunningMesh, running
from local_mesh.ports import LOOPBACK, free_ports
from local_mesh.servers import databases
from local_mesh.servers.databases import in_database
from local_mesh.settings import MeshSettings
from local_mesh.supervisor import Supervisor
from servicekit import migrate
from servicekit.database import Statement
from tests.performance import bench, neighbours
from tests.performance.lessons import fill
from tests.performance.report import Measured

_MANY = "content_many"
_SEED = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """How many videos are compared with how many, in `rounds` of `seconds` for each kind of request."""

    few: int = 10_000
    many: int = 1_000_000
    rounds: int = 5
    seconds: int = 4

    @classmethod
    def chosen(cls) -> "Plan":
        """LM_BENCH=short proves that everything works, and measures nothing worth reading."""
        return cls(few=200, many=400, rounds=1, seconds=1) if os.environ.get("LM_BENCH") == "short" else cls()


def searches() -> list[str]:
    """First pages of two hundred searches: titles, a word, two words, a half-typed name, a word in one subject."""
    chance, topics = random.Random(_SEED), list(load_curriculum().topics.values())
    return [_search(chance, chance.choice(topics), number) for number in range(200)]


def _search(chance: random.Random, topic: Topic, number: int) -> str:
    points = " ".join(point.text for plan in topic.levels.values() for point in plan.key_points)
    one, other = chance.sample(sorted(set(re.findall(r"[A-Za-z]{5,}", points))), 2)
    asked = (topic.title, one, f"{one} {other}", topic.aliases[0][:-2], one)[number % 5]
    subject = f"&subject=SUBJECT_{topic.subject}" if number % 5 == 4 else ""
    return f"/v1/videos:search?query={quote(asked)}{subject}"


@asynccontextmanager
async def prepared(settings: MeshSettings, plan: Plan) -> AsyncIterator[tuple[bench.Bench, dict[str, str]]]:
    """The mesh over the few, and a second content service behind a second gateway over the many; the databases' URLs."""
    async with running(settings) as mesh:
        server = (mesh.home.run / "postgres.url").read_text().strip()
        many = _second_database(server, mesh)
        stored = {"few": in_database(server, "content"), "many": in_database(server, _MANY)}
        for name, count in (("few", plan.few), ("many", plan.many)):
            fill(stored[name], count)
            print(f"{count} videos stored", flush=True)
        paths = {"feed": mesh.home.run / "feed.paths", "search": mesh.home.run / "search.paths"}
        paths["feed"].write_text("\n".join(bench.feeds()) + "\n")
        paths["search"].write_text("\n".join(searches()) + "\n")
        async with _beside(mesh, many) as url:
            urls = {"few": mesh.gateway_url, "many": url}
            yield bench.Bench(urls, await bench.token(mesh), paths), stored


def _second_database(server: str, mesh: RunningMesh) -> str:
    """An empty, migrated database of content. Returns the service's URL of it."""
    with psycopg.connect(server, autocommit=True) as connection:
        databases.make_database(connection, "content", _MANY)
    with psycopg.connect(in_database(server, _MANY), autocommit=True) as inside:
        databases.grant(inside, "content")
    urls = databases.urls(server, "content", mesh.home.credentials, _MANY)
    migrate.upgrade("content", urls.owner)
    return urls.app


@asynccontextmanager
async def _beside(mesh: RunningMesh, database_url: str) -> AsyncIterator[str]:
    content, entrance = free_ports(2)
    processes = [
        neighbours.content_at(mesh, "many", "content_service.main", database_url, content),
        neighbours.gateway_to(mesh, "many", bench.NOBODY_IS_REFUSED, content, entrance),
    ]
    supervisor = Supervisor(processes, mesh.home.logs)
    try:
        await supervisor.start()
        yield f"http://{LOOPBACK}:{entrance}"
    finally:
        await supervisor.stop()


def explained(database_url: str, newest: int) -> str:
    """What PostgreSQL does for a page of the feed and a page of search."""
    wanted: list[tuple[str, Statement[Any], dict[str, Any]]] = [
        ("newest first", statements.feed("recent", frozenset(), False, 21), {}),
        (
            "most watched of a subject and difficulty",
            statements.feed("popular", frozenset({"subject", "difficulty"}), False, 21),
            {"subject": "MATH", "difficulty": "INTRO"},
        ),
        (
            "search for 'triangle'",
            found(False, True),
            {
                "limit": 21,
                "every_word": "triangle",
                "some_word": "triangle",
                "typed": "triangle",
                "dropped": "",
                "marks": "",
                "shelves": list(shelves(newest)),
            },
        ),
    ]
    with psycopg.connect(database_url) as connection:
        return "\n".join(_explained(connection, *one) for one in wanted)


def _explained(
    connection: psycopg.Connection[Any], title: str, statement: Statement[Any], given: dict[str, Any]
) -> str:
    rows = connection.execute(
        f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {statement.sql}", statement.bind(given)
    ).fetchall()
    return "\n".join([f"-- {title}", *(row[0] for row in rows), ""])


def report(found: dict[str, Measured], plan: Plan) -> str:
    """A line for each kind of request and number of videos; the last column is how many times the few cost."""
    lines = [f"{'request':<8}{'videos':>9}{'requests/s':>12}{'p50 ms':>9}{'p95 ms':>9}{'cost':>7}"]
    for kind, rounds in found.items():
        for name, count in (("few", plan.few), ("many", plan.many)):
            one = rounds[name]
            cost = rounds["few"].rps / one.rps
            lines.append(f"{kind:<8}{count:>9}{one.rps:>12.0f}{one.p50_ms:>9.1f}{one.p95_ms:>9.1f}{cost:>6.2f}×")
    return "\n".join(lines)


async def run(home: Path, plan: Plan) -> None:
    """Measures, prints, and writes bench-scale.json and explain/*.txt into the home."""
    folder = home / "bench"
    shutil.rmtree(folder, ignore_errors=True)
    settings = replace(MeshSettings.read(), home=folder, gateway_port=0, gateway_rate=bench.NOBODY_IS_REFUSED)
    async with prepared(settings, plan) as (services, stored):
        measured = await bench.measured(services, bench.Plan(rounds=plan.rounds, seconds=plan.seconds))
        plans = {"few": explained(stored["few"], plan.few), "many": explained(stored["many"], plan.many)}
    shutil.rmtree(folder, ignore_errors=True)
    (home / "explain").mkdir(exist_ok=True)
    for name, count in (("few", plan.few), ("many", plan.many)):
        (home / "explain" / f"{count}.txt").write_text(plans[name])
    rates = {kind: {name: round(one.rps, 1) for name, one in rounds.items()} for kind, rounds in measured.items()}
    (home / "bench-scale.json").write_text(json.dumps(rates, indent=2) + "\n")
    print(report(measured, plan))
    print(f"written: {home / 'bench-scale.json'}, {home / 'explain'}")


def main() -> None:
    """The command's entry point."""
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")
    try:
        asyncio.run(run(MeshSettings.read().home, Plan.chosen()))
    except MeshError as error:
        sys.exit(f"bench: {error}")


if __name__ == "__main__":
    main()
