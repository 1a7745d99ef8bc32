"""The load generator where wrk is not installed: the same closed loop of keep-alive connections, in a process of its own.

It takes more of the machine than wrk does, so figures of the two are not to be compared.
"""

import argparse
import asyncio
import json
import os
import random
import time
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlsplit

import httptools
import uvloop


class Connection(asyncio.Protocol):
    """Asks for one random path after the other, and notes how long each answer took."""

    def __init__(self, requests: list[bytes], seconds: list[float]) -> None:
        self._requests = requests
        self._seconds = seconds
        self.failed = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        """The parser's: the answer is whole."""
        self._seconds.append(time.perf_counter() - self._asked)
        self.failed += self._parser.get_status_code() != 200
        self._ask()

    def connection_lost(self, error: Exception | None) -> None:
        self.failed += error is not None

    def close(self) -> None:
        """Ends without waiting for the answer on its way."""
        self._transport.abort()

    def _ask(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._asked = time.perf_counter()
        self._transport.write(random.choice(self._requests))


async def load(url: str, paths: list[str], connections: int, seconds: float) -> dict[str, float]:
    """The result in the shape load.lua prints."""
    address = urlsplit(url)
    token = os.environ.get("LM_BENCH_TOKEN")
    headers = f"Host: {address.netloc}\r\nAccept: application/json\r\n"
    headers += f"Authorization: Bearer {token}\r\n" if token else ""
    requests = [f"GET {path} HTTP/1.1\r\n{headers}\r\n".encode() for path in paths]
    taken: list[float] = []
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    opened = await asyncio.gather(
        *(
            loop.create_connection(lambda: Connection(requests, taken), address.hostname, address.port)
            for _ in range(connections)
        )
    )
    await asyncio.sleep(seconds)
    elapsed = time.perf_counter() - began
    protocols = [protocol for _, protocol in opened]
    failed = sum(protocol.failed for protocol in protocols)
    for protocol in protocols:
        protocol.close()
    cuts = quantiles(taken, n=100) if len(taken) > 1 else [float("nan")] * 99
    percentiles = {f"p{at}_ms": round(cuts[at - 1] * 1000, 3) for at in (50, 95, 99)}
    return {"requests": len(taken), "seconds": elapsed, "failed": failed} | percentiles


def main() -> None:
    """The process's entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("url")
    parser.add_argument("paths", type=Path, help="file with one path a line")
    given = parser.parse_args()
    paths = given.paths.read_text().split()
    print(json.dumps(uvloop.run(load(given.url, paths, given.connections, given.seconds))))


if __name__ == "__main__":
    main()
