"""Runs the load generator, one process a round, and reads what it measured."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 100
_LUA = Path(__file__).with_name("load.lua")


@dataclass(frozen=True, slots=True)
class Round:
    """What one round measured; `failed` counts answers other than 200 and broken connections."""

    rps: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    failed: int


def generator() -> str:
    """Which load generator is used."""
    return "wrk" if shutil.which("wrk") else "tests.performance.loader (wrk is not installed)"


def run(url: str, paths: Path, seconds: int, token: str) -> Round:
    """One round of random GETs of the file's paths over 100 connections. The token travels in the environment."""
    command = ["wrk", "-t1", "--timeout=30s", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(_LUA), url, str(paths)]
    if not shutil.which("wrk"):
        options = [f"--connections={CONNECTIONS}", f"--seconds={seconds}"]
        command = [sys.executable, "-m", "tests.performance.loader", *options, url, str(paths)]
    environment = {**os.environ, "LM_BENCH_TOKEN": token}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    rps = found.pop("requests") / found.pop("seconds")
    return Round(rps=rps, **found)
