"""Many live streams in one process: each reads its Server-Sent Events and notes when each comment came."""

import asyncio
import re
import time
from collections import defaultdict
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlsplit

_MARK = re.compile(rb"mark-(\d+)-")
# A mark may be cut in two by the network; no longer one is ever written.
_LONGEST_MARK = 16
_OPEN_SECONDS = 60
_AT_ONCE = 50


def marked(number: int) -> str:
    """The text of a comment that listeners know."""
    return f"Now I see it too: mark-{number}- that is why the squares fit."


@dataclass(slots=True)
class Heard:
    """When each marked comment came to each stream, on this process's monotonic clock; and what went wrong."""

    times: defaultdict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    open: int = 0
    refused: list[str] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, number: int, streams: int, seconds: float) -> bool:
        """Whether the comment came to that many streams within that time."""
        try:
            async with asyncio.timeout(seconds):
                while len(self.times[number]) < streams:
                    self.changed.clear()
                    await self.changed.wait()
        except TimeoutError:
            return False
        return True


class Listener(asyncio.Protocol):
    """One stream. Bytes are searched rather than parsed: a thousand readers must not be what is measured."""

    def __init__(self, request: bytes, heard: Heard) -> None:
        self._request = request
        self._heard = heard
        self._tail = b""
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        data = self._tail + data
        if not self.opened.done():
            self._tail = data
            self._open(data)
            return
        end = 0
        for found in _MARK.finditer(data):
            self._heard.times[int(found[1])].append(now)
            self._heard.changed.set()
            end = found.end()
        self._tail = data[max(end, len(data) - _LONGEST_MARK) :]

    def connection_lost(self, exc: Exception | None) -> None:
        self._heard.refused.append(f"a stream ended: {exc!r}")
        if not self.opened.done():
            self.opened.set_result(None)

    def _open(self, data: bytes) -> None:
        if not data.startswith(b"HTTP/1.1 200"):
            self._heard.refused.append(data[:300].decode(errors="replace"))
        elif b"data:" in data:  # the first message, which says where the stream stands
            self._heard.open += 1
        else:
            return
        self.opened.set_result(None)


async def listen(url: str, path: str, tokens: list[str], streams: int) -> tuple[Heard, list[asyncio.Transport]]:
    """Opens that many streams, as the owners of the tokens in turn, and waits until each has said where it stands."""
    heard, transports = Heard(), []
    address = urlsplit(url)
    for start in range(0, streams, _AT_ONCE):
        made = [
            await asyncio.get_running_loop().create_connection(
                partial(Listener, _request(address.netloc, path, tokens[number % len(tokens)]), heard),
                address.hostname,
                address.port,
            )
            for number in range(start, min(start + _AT_ONCE, streams))
        ]
        transports += [transport for transport, _ in made]
        async with asyncio.timeout(_OPEN_SECONDS):
            await asyncio.gather(*(listener.opened for _, listener in made))
    return heard, transports


def _request(host: str, path: str, token: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\naccept: text/event-stream\r\n\r\n".encode()
