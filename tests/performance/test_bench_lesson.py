"""The bench of lessons works and its report has the promised shape. How fast anything is, no test says."""

import asyncio
import json
import os
import sys
from pathlib import Path

_REPOSITORY = Path(__file__).parents[2]


async def test_a_short_bench_makes_lessons_and_writes_what_each_stage_took(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.performance.lesson"),
        env={**os.environ, "LM_HOME": str(tmp_path), "LM_BENCH": "short"},
        cwd=_REPOSITORY,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output = (await process.communicate())[0].decode()

    assert process.returncode == 0, output
    figures = json.loads((tmp_path / "bench-lesson.json").read_text())
    assert figures["lessons"] == 2
    assert figures["best"]["stages"].keys() >= {"script", "voice", "slides", "render", "publish"}
    assert all(figures[name] > 0 for name in ("multiple", "whole", "peak_mib"))
