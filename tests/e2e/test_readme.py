"""What the README tells people to type does what it says, and its tables are true."""

import asyncio
import os
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import av

from local_mesh.settings import MeshSettings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```bash\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
(TOUR,) = [block for block in BLOCKS if "curl" in block]
# `make` of this very environment, which the tests themselves run in: what is installed is not installed again.
MAKE = ("make", "--directory", str(ROOT), "--old-file=.venv/.ready", "--no-print-directory")
LONGEST_SECONDS = 250


async def run(*command: str, cwd: Path, **variables: str) -> tuple[int, str]:
    """A command's exit status and all it said."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LM_")}
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=cwd,
        env=inherited | variables,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(LONGEST_SECONDS):
        said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def would_run(target: str) -> str:
    """The commands a target consists of."""
    code, said = await run(*MAKE, "--dry-run", target, cwd=ROOT)
    assert code == 0, said
    return said


def test_every_block_of_commands_is_one_of_those_tested_here():
    assert [block.split("\n")[0] for block in BLOCKS] == [
        "make demo",
        'make demo TOPIC="Black Death" SUBJECT=HISTORY DIFFICULTY=INTRO',
        "make test",
        "make up",
        TOUR.split("\n")[0],
    ]


async def test_the_tour_works_as_it_stands(mesh, tmp_path):
    # -e and -o pipefail are stricter than a terminal, so that nothing in it fails unseen.
    command = ("bash", "-euo", "pipefail", "-c", TOUR)
    code, said = await run(*command, cwd=tmp_path, GATEWAY=mesh.gateway, LM_HOME=str(mesh.home))
    assert code == 0, said
    for shown in (
        '"stage":"done"',
        "The Pythagorean Theorem",
        "RRULE:FREQ=WEEKLY;COUNT=4",
        "squares fit",
        '"average":5',
    ):
        assert shown in said, said
    with av.open(str(tmp_path / "lesson.mp4")) as film:
        assert film.streams.video
        assert film.streams.audio


async def test_make_demo_succeeds_on_an_empty_state_folder_and_names_the_film(tmp_path):
    home = tmp_path / "home"
    block = BLOCKS[1].strip()
    assert block.startswith("make ")
    arguments = re.findall(r'(\w+)="?([^"\n]*?)"?(?= \w+=|$)', block.removeprefix("make demo "))
    chosen = [f"{name}={value}" for name, value in arguments]
    code, said = await run(*MAKE, "demo", *chosen, cwd=ROOT, LM_HOME=str(home), LM_GATEWAY_PORT="0")
    assert code == 0, said
    film = re.search(r"^video: (.+)$", said, re.MULTILINE)
    assert film, said
    assert Path(film[1]).is_relative_to(home)
    assert len(await asyncio.to_thread(Path(film[1]).read_bytes)) > 100_000
    assert re.search(r"^gateway: http://127\.0\.0\.1:\d+$", said, re.MULTILINE)
    shutil.rmtree(home)


async def test_make_test_is_the_run_of_these_very_tests():
    commands = await would_run("test")
    assert re.search(r"^coverage run -m pytest\b", commands, re.MULTILINE)
    assert "coverage report" in commands


async def test_continuous_integration_checks_what_the_readme_says_it_checks():
    assert "exec make check" in (ROOT / ".ci/run").read_text()
    commands = await would_run("check")
    for part in ("ruff check", "mypy", "lint-imports", "protos/build.py --check", "coverage run -m pytest"):
        assert part in commands


async def test_make_up_is_the_command_whose_tests_are_elsewhere():
    assert "lm up" in await would_run("up")  # what it does: tests/integration/local/test_up.py
    code, said = await run(sys.executable, "-m", "local_mesh.cli", "up", "--help", cwd=ROOT)
    assert code == 0
    assert "lm up" in said


async def test_the_table_of_targets_is_complete():
    _, said = await run(*MAKE, "help", cwd=ROOT)
    assert table("## Make targets").keys() == {f"make {target}" for target in re.findall(r"make ([a-z-]+) ", said)}


def test_the_table_of_settings_is_complete():
    source = (ROOT / "deploy/local/src/local_mesh/settings.py").read_text()
    assert table("## Settings").keys() == set(re.findall(r'"((?:LM|OTEL)_[A-Z_]+)"', source))
    defaults = MeshSettings.read({})
    assert table("## Settings")["LM_GATEWAY_PORT"].startswith(f"`{defaults.gateway_port}`")
    assert defaults.home.name == ".local"


def table(heading: str) -> Mapping[str, str]:
    """The rows of the table below a heading: the rest of each by its first cell."""
    section = README.partition(f"\n{heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([^`]+)` \| (.*) \|$", section, re.MULTILINE)
    return dict(rows)
