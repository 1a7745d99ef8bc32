"""The bench works and its report has the promised shape. How fast anything is, no test says."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

_REPOSITORY = Path(__file__).parents[2]


@pytest.mark.timeout(300)
async def test_a_short_bench_compares_equal_services_without_a_failed_request_and_writes_its_figures(tmp_path: Path):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.performance.bench"),
        env={**os.environ, "LM_HOME": str(tmp_path), "LM_BENCH": "short"},
        cwd=_REPOSITORY,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output = (await process.communicate())[0].decode()

    assert process.returncode == 0, output
    assert "120 answers compared with the plain service's: the same" in output
    figures = json.loads((tmp_path / "bench.json").read_text())
    assert figures.keys() == {"point", "feed"}
    for measured in figures.values():
        assert measured.keys() == {"rps", "peer_rps", "nodb_rps", "p95_ms", "peer_p95_ms"}
        assert all(value > 0 for value in measured.values())
