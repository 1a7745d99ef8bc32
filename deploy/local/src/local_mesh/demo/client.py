"""The gateway's REST interface as a student's app uses it."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx

from local_mesh.readiness import wait_until

Answer = TypeVar("Answer")
Json = dict[str, Any]
_READ_SECONDS = 30


class Refused(Exception):
    """The gateway answered with an error; the text is its message."""

    def __init__(self, request: str, status: int, body: bytes) -> None:
        try:
            message = json.loads(body)["message"]
        except (ValueError, KeyError, TypeError):
            message = body[:300].decode(errors="replace")
        self.status = status
        super().__init__(f"{request} answered {status}: {message}")

    @property
    def is_ours(self) -> bool:
        """True when what was asked for is at fault, and no log says more."""
        return 400 <= self.status < 500


class Gateway:
    """One student's connection; `token` is sent once it is set."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.token = ""
        self._http = httpx.AsyncClient(base_url=url, timeout=_READ_SECONDS)

    async def close(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def call(self, method: str, path: str, body: Json | None = None, query: Json | None = None) -> Json:
        """One request with a JSON answer. Raises Refused."""
        response = await self._http.request(method, path, json=body, params=query, headers=self._headers())
        if response.is_error:
            raise Refused(f"{method} {path}", response.status_code, response.content)
        answer: Json = response.json()
        return answer

    async def download(self, path: str, **headers: str) -> httpx.Response:
        """A file. Raises Refused."""
        response = await self._http.get(path, headers=self._headers() | headers)
        if response.is_error:
            raise Refused(f"GET {path}", response.status_code, response.content)
        return response

    @asynccontextmanager
    async def events(self, path: str) -> AsyncIterator[AsyncIterator[Json]]:
        """The messages of a Server-Sent Events stream; open once the block begins. Raises Refused."""
        async with self._http.stream("GET", path, headers=self._headers()) as response:
            if response.is_error:
                raise Refused(f"GET {path}", response.status_code, await response.aread())
            yield _messages(response)

    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"} if self.token else {}


async def _messages(response: httpx.Response) -> AsyncIterator[Json]:
    async for line in response.aiter_lines():
        if line.startswith("data:"):
            yield json.loads(line.removeprefix("data:"))


async def eventually(question: Callable[[], Awaitable[Answer]], seconds: float) -> Answer | None:
    """Ask until the answer is true; None when it never was in that time."""
    found: list[Answer] = []

    async def answered() -> bool:
        found.append(await question())
        return bool(found[-1])

    return found[-1] if await wait_until(answered, seconds) else None
