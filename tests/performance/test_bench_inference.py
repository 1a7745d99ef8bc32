"""The bench of the engines works and its report has the promised shape. How fast anything is, no test says."""

import asyncio
import json
import os
import sys
from pathlib import Path

_REPOSITORY = Path(__file__).parents[2]


async def test_a_short_bench_measures_both_engines_and_writes_their_figures(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.performance.inference"),
        env={**os.environ, "LM_HOME": str(tmp_path), "LM_BENCH": "short"},
        cwd=_REPOSITORY,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output = (await process.communicate())[0].decode()

    assert process.returncode == 0, output
    figures = json.loads((tmp_path / "bench-inference.json").read_text())
    assert figures.keys() == {"ctransformers", "xllamacpp"}
    for measured in figures.values():
        assert measured["clients"].keys() == {"1", "4", "8"}
        assert all(value > 0 for value in (*measured["clients"].values(), measured["alone"], measured["memory_mib"]))
