"""The bench works and its report has the promised shape. How fast anything is, no test says."""

import asyncio
import json
import os
import sys
from pathlib import Path

_REPOSITORY = Path(__file__).parents[2]


async def _output_of(module: str, home: Path) -> str:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module),
        env={**os.environ, "LM_HOME": str(home), "LM_BENCH": "short"},
        cwd=_REPOSITORY,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output = (await process.communicate())[0].decode()
    assert process.returncode == 0, output
    return output


async def test_a_short_bench_compares_equal_services_without_a_failed_request_and_writes_its_figures(tmp_path: Path):
    output = await _output_of("tests.performance.bench", tmp_path)

    assert "120 answers compared with the plain service's: the same" in output
    figures = json.loads((tmp_path / "bench.json").read_text())
    assert figures.keys() == {"point", "feed"}
    for measured in figures.values():
        assert measured.keys() == {"rps", "peer_rps", "nodb_rps", "p95_ms", "peer_p95_ms"}
        assert all(value > 0 for value in measured.values())


async def test_a_short_bench_of_scale_compares_few_with_many_and_keeps_how_postgresql_answers(tmp_path: Path):
    await _output_of("tests.performance.scale", tmp_path)

    rates = json.loads((tmp_path / "bench-scale.json").read_text())
    assert all(rates[kind][name] > 0 for kind in ("feed", "search") for name in ("few", "many"))
    assert "Index Scan Backward using videos_recent_idx" in (tmp_path / "explain" / "400.txt").read_text()


async def test_a_short_bench_of_lessons_makes_some_and_writes_what_each_stage_took(tmp_path: Path):
    await _output_of("tests.performance.lesson", tmp_path)

    figures = json.loads((tmp_path / "bench-lesson.json").read_text())
    assert figures["lessons"] == 2
    assert figures["best"]["stages"].keys() >= {"script", "voice", "slides", "render", "publish"}
    assert all(figures[name] > 0 for name in ("multiple", "whole", "peak_mib"))
