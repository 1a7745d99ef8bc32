"""`make bench-lesson`: how long a lesson takes from the request until everybody can watch it, stage by stage, in how much memory.

Twenty lessons are asked for one after the other of one worker in a mesh of its own, the first one three times, then eight others,
then all nine again; each is watched until it is PUBLIC, and its film fetched. LM_BENCH=short proves that everything works.
"""

import asyncio
import json
import os
import platform
import shutil
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import psycopg

from local_mesh.demo.client import Refused
from local_mesh.demo.student import StepFailed, Student, expect
from local_mesh.errors import MeshError
from local_mesh.mesh import STATUS, RunningMesh, running
from local_mesh.settings import MeshSettings

WORKER = "content-worker"
RENDERING = ("voice", "slides", "render")
TARGET_MULTIPLE, TARGET_SECONDS, LESSON_SECONDS = 30.0, 15.0, 90.0
_STAGES = "SELECT stage, seconds FROM generation_stages WHERE video_id = %s ORDER BY create_time"
_FIRST = ("Pythagorean theorem", "MATH", "HONORS")
_OTHERS = (
    ("Macbeth", "ENGLISH", "HONORS"),
    ("Black Death", "HISTORY", "STANDARD"),
    ("Acids and bases", "CHEMISTRY", "HONORS"),
    ("Quadratic equations", "MATH", "STANDARD"),
    ("Cold War", "HISTORY", "HONORS"),
    ("Sonnets", "ENGLISH", "STANDARD"),
    ("Stoichiometry", "CHEMISTRY", "STANDARD"),
    ("Derivatives", "MATH", "HONORS"),
)
_WISHES = (*(_FIRST,) * 3, *_OTHERS, _FIRST, *_OTHERS)
_SETTLED = 3 + len(_OTHERS)
"""After so many lessons every topic was made once: what is kept for reuse is there, and growth from here on would be a leak."""


@dataclass(frozen=True, slots=True)
class Made:
    """One lesson: seconds of film, of waiting, and of each stage; MiB of the worker and its renderer once it was made."""

    topic: str
    duration: float
    waited: float
    stages: dict[str, float]
    memory_mib: float

    @property
    def multiple(self) -> float:
        """How many times as fast as it plays it was spoken, drawn and filmed."""
        return self.duration / sum(self.stages[stage] for stage in RENDERING)

    @property
    def whole(self) -> float:
        """The same from the request until it was PUBLIC."""
        return self.duration / self.waited


@dataclass(frozen=True, slots=True)
class Figures:
    """What is written to bench-lesson.json: the best of the same lesson made three times, and memory over all lessons.

    The best, because whatever else runs on the machine can only slow a lesson down. `peak_mib` is the most that worker and
    renderer ever had, each, added up; `grown_mib` is how much more they have at the end than when every topic was made once.
    """

    lessons: int
    best: Made
    multiple: float
    whole: float
    peak_mib: float
    grown_mib: float


async def make(student: Student, mesh: RunningMesh, wish: tuple[str, str, str]) -> Made:
    """Asks for a lesson and watches until it is there. Raises StepFailed, Refused."""
    topic, subject, difficulty = wish
    body = {"topic": topic, "subject": f"SUBJECT_{subject}", "difficulty": f"DIFFICULTY_{difficulty}"}
    began = time.monotonic()
    video = await student.gateway.call("POST", "/v1/videos", body)
    async with student.gateway.events(f"/v1/videos/{video['id']}:watch") as messages:
        [*_, last] = [message async for message in messages]
    waited = time.monotonic() - began
    expect(last["status"] == "VIDEO_STATUS_PUBLIC", f"The lesson on {topic} was not made: {last}", log=WORKER)
    made = await student.gateway.call("GET", f"/v1/videos/{video['id']}")
    await student.gateway.download(made["videoUrl"])
    with psycopg.connect((mesh.home.run / "content.url").read_text().strip(), options="-c lm.role=SERVICE") as database:
        stages = {stage: round(seconds, 3) for stage, seconds in database.execute(_STAGES, (video["id"],))}
    return Made(topic, made["duration"], round(waited, 2), stages, _memory(mesh, "VmRSS"))


def _memory(mesh: RunningMesh, what: str) -> float:
    """MiB of the worker and all processes below it: VmRSS now, VmHWM the most that each ever had."""
    status = mesh.home.published(STATUS) or {}
    [worker] = [int(about["pid"]) for name, about in status.items() if name == WORKER]
    return round(sum(_field(pid, what) for pid in _family(worker)) / 1024, 1)


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(member for child in children for member in _family(int(child)))]


def _field(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


async def run(home: Path, wishes: tuple[tuple[str, str, str], ...]) -> Figures:
    """Measures on a mesh of its own, prints, and writes bench-lesson.json into the home."""
    folder = home / "bench-lesson"
    shutil.rmtree(folder, ignore_errors=True)
    async with running(replace(MeshSettings.read(), home=folder, gateway_port=0)) as mesh:
        student = Student("Nora", mesh.gateway_url, mesh.home.mail)
        try:
            await student.register()
            await student.verify()
            await student.log_in()
            print(_heading())
            lessons = [_printed(await make(student, mesh, wish)) for wish in wishes]
        finally:
            await student.gateway.close()
        peak = _memory(mesh, "VmHWM")
    shutil.rmtree(folder, ignore_errors=True)
    found = _figures(lessons, peak)
    (home / "bench-lesson.json").write_text(json.dumps(asdict(found), indent=2) + "\n")
    print(_summary(found))
    return found


def _figures(lessons: list[Made], peak: float) -> Figures:
    same = lessons[:3]
    best = max(same, key=lambda lesson: lesson.whole)
    settled = lessons[min(_SETTLED, len(lessons)) - 1]
    return Figures(
        lessons=len(lessons),
        best=best,
        multiple=round(max(lesson.multiple for lesson in same), 1),
        whole=round(best.whole, 1),
        peak_mib=peak,
        grown_mib=round(lessons[-1].memory_mib - settled.memory_mib, 1),
    )


def _heading() -> str:
    columns = ("film s", "waited s", "script", "voice", "slides", "render", "rendered", "MiB")
    return f"{'lesson':<22}" + "".join(f"{column:>10}" for column in columns)


def _printed(made: Made) -> Made:
    seconds = (made.duration, made.waited, *(made.stages[stage] for stage in ("script", *RENDERING)))
    numbers = "".join(f"{each:>10.2f}" for each in seconds)
    print(f"{made.topic:<22}{numbers}{made.multiple:>9.1f}×{made.memory_mib:>10.0f}", flush=True)
    return made


def _summary(found: Figures) -> str:
    for_ninety = LESSON_SECONDS / found.whole
    return (
        f"{os.cpu_count()} cores, Python {platform.python_version()}; best of the same lesson three times:\n"
        f"rendered {found.multiple:.1f}× faster than it plays (target {TARGET_MULTIPLE:.0f}×); from the request to PUBLIC "
        f"{found.whole:.1f}×, so {for_ninety:.1f} s for 90 s (target under {TARGET_SECONDS:.0f} s)\n"
        f"worker and renderer: at most {found.peak_mib:.0f} MiB; {found.grown_mib:+.1f} MiB from when all topics "
        f"were made once to the last of {found.lessons} lessons"
    )


def main() -> None:
    """The command's entry point."""
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")
    wishes = _WISHES[:2] if os.environ.get("LM_BENCH") == "short" else _WISHES
    try:
        asyncio.run(run(MeshSettings.read().home, wishes))
    except (MeshError, StepFailed, Refused) as error:
        sys.exit(f"bench-lesson: {error}")


if __name__ == "__main__":
    main()
