"""An S3-compatible server in a process of its own, as the content service is told to use one."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from obstore.store import S3Store

_BUCKET = "lessons"
_RUNNING = re.compile(r"Running on (http://[\d.:]+)")


@dataclass(frozen=True, slots=True)
class Bucket:
    """An empty bucket; `url` and `environment` are what a process is told."""

    endpoint: str

    @property
    def url(self) -> str:
        return f"s3://{_BUCKET}/school"

    @property
    def environment(self) -> dict[str, str]:
        keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}
        return keys | {"AWS_ENDPOINT_URL": self.endpoint}

    def read(self, path: str) -> bytes | None:
        """An object below `url`; None when there is none."""
        try:
            return self._store().get(path).bytes().to_bytes()
        except FileNotFoundError:
            return None

    def paths(self) -> list[str]:
        """Every object below `url`."""
        return [found["path"] for page in self._store().list() for found in page]

    def _store(self) -> S3Store:
        return S3Store.from_url(self.url, config=self._config, client_options={"allow_http": True})

    @property
    def _config(self) -> Any:
        return {name.lower(): value for name, value in self.environment.items()}


@contextmanager
def bucket() -> Iterator[Bucket]:
    """Runs while the block lasts."""
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"],
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout
        endpoint = next(match.group(1) for line in process.stdout if (match := _RUNNING.search(line)))
        httpx.put(f"{endpoint}/{_BUCKET}", timeout=60).raise_for_status()
        yield Bucket(endpoint)
    finally:
        process.kill()
        process.communicate()
