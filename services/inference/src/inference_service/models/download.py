"""Fetch a large file so that a dropped connection costs nothing, and what is finished is known to be whole.

The bytes go to `FILE.part`; a later attempt asks for the rest only (RFC 9110 ranges, guarded by If-Range), and the file gets its
name when its size and checksum are right.
"""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from inference_service.engine.spec import file_sha256
from inference_service.models.errors import ChecksumWrong, DiskFull, DownloadFailed

RESERVE_BYTES = 256 * 1024 * 1024
"""What must stay free on the disk."""
MOST_RETRIES, LONGEST_WAIT = 8, 30.0
_TIMEOUT = httpx.Timeout(30.0)
Progress = Callable[[int, int], None]
"""Told the bytes there are and the bytes there will be."""
Pausing = Callable[[str, float], None]
"""Told what broke and after how many seconds it is tried again."""


class Download:
    """One file from one address. `retry_seconds` is the first pause after a connection broke; each fruitless one doubles it."""

    def __init__(
        self, url: str, target: Path, size: int, *, retry_seconds: float = 1.0, pausing: Pausing = lambda *_: None
    ) -> None:
        self._url, self._target, self._size, self._retry = url, target, size, retry_seconds
        self._pausing = pausing
        self._part = target.with_name(f"{target.name}.part")
        self._tag = target.with_name(f"{target.name}.etag")

    def fetch(self, sha256: str, progress: Progress) -> str:
        """Bring the file and return its SHA-256. Raises DiskFull, DownloadFailed, and ChecksumWrong when it is not `sha256`.

        An empty `sha256` accepts what comes. What is already there of an earlier attempt is kept.
        """
        self._target.parent.mkdir(parents=True, exist_ok=True)
        self._check_disk()
        with httpx.Client(follow_redirects=True, timeout=_TIMEOUT) as client:
            self._persist(client, progress)
        found = file_sha256(self._part)
        if sha256 and found != sha256:
            self._discard()
            raise ChecksumWrong(file=self._target.name, found=found, wanted=sha256)
        self._part.replace(self._target)
        self._tag.unlink(missing_ok=True)
        return found

    def _check_disk(self) -> None:
        needed = self._size - self._have() + RESERVE_BYTES
        free = shutil.disk_usage(self._target.parent).free
        if free < needed:
            raise DiskFull(folder=str(self._target.parent), needed=_mib(needed), free=_mib(free))

    def _persist(self, client: httpx.Client, progress: Progress) -> None:
        """Ask again from where it broke, until it is whole or nothing comes any more."""
        fruitless = 0
        while True:
            before = self._have()
            try:
                self._attempt(client, progress)
                if self._have() == self._size:
                    return
                problem = f"the connection closed after {self._have()} of {self._size} bytes"
            except (httpx.TransportError, httpx.RemoteProtocolError) as error:
                problem = str(error) or type(error).__name__
            fruitless = 0 if self._have() > before else fruitless + 1
            if fruitless > MOST_RETRIES:
                raise DownloadFailed(url=self._url, problem=problem)
            pause = min(self._retry * 2**fruitless, LONGEST_WAIT)
            self._pausing(problem, pause)
            time.sleep(pause)

    def _attempt(self, client: httpx.Client, progress: Progress) -> None:
        have = self._have()
        if have == self._size:
            return
        with client.stream("GET", self._url, headers=self._headers(have)) as answer:
            if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                self._discard()
                return
            if not answer.is_success:
                raise self._refused(answer)
            resumed = answer.status_code == httpx.codes.PARTIAL_CONTENT
            self._tag.write_text(answer.headers.get("etag", ""), encoding="utf-8")
            self._write(answer, have if resumed else 0, progress)

    def _headers(self, have: int) -> dict[str, str]:
        """Uncompressed, so that offsets mean bytes of the file; the rest only when it is of the same file."""
        headers = {"Accept-Encoding": "identity"}
        tag = self._tag.read_text(encoding="utf-8") if self._tag.is_file() else ""
        if have:
            headers["Range"] = f"bytes={have}-"
        if have and tag and not tag.startswith("W/"):
            headers["If-Range"] = tag
        return headers

    def _write(self, answer: httpx.Response, start: int, progress: Progress) -> None:
        with self._part.open("r+b" if start else "wb") as file:
            file.seek(start)
            have = start
            for chunk in answer.iter_raw():
                have += len(chunk)
                if have > self._size:
                    raise DownloadFailed(
                        url=self._url, problem=f"it is larger than the {self._size} bytes it should have"
                    )
                file.write(chunk)
                progress(have, self._size)
            file.flush()
            os.fsync(file.fileno())

    def _refused(self, answer: httpx.Response) -> DownloadFailed | httpx.TransportError:
        """Servers that are busy are asked again; whatever else they say stays as it is."""
        problem = f"the server answered {answer.status_code} {answer.reason_phrase}"
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS or answer.is_server_error:
            return httpx.TransportError(problem)
        return DownloadFailed(url=self._url, problem=problem)

    def _have(self) -> int:
        return self._part.stat().st_size if self._part.is_file() else 0

    def _discard(self) -> None:
        self._part.unlink(missing_ok=True)
        self._tag.unlink(missing_ok=True)


def _mib(size: int) -> str:
    return str(size // (1024 * 1024))
