"""Questions asked of a process to learn whether it can serve: each answers yes or no, never raises."""

import asyncio
from collections.abc import Awaitable, Callable

PROBE_SECONDS = 1.0
POLL_SECONDS = 0.05

Probe = Callable[[], Awaitable[bool]]


def tcp(host: str, port: int) -> Probe:
    """Ready once something accepts a connection there."""

    async def probe() -> bool:
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                _, writer = await asyncio.open_connection(host, port)
            writer.close()
        except (OSError, TimeoutError):
            return False
        return True

    return probe


def http(host: str, port: int, path: str) -> Probe:
    """Ready once GET path answers 200. Spoken by hand: an HTTP client library would cost start-up time."""

    async def probe() -> bool:
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                reader, writer = await asyncio.open_connection(host, port)
                writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
                status = await reader.readline()
                writer.close()
        except (OSError, TimeoutError):
            return False
        return status.split()[1:2] == [b"200"]

    return probe


async def wait_until(probe: Probe, seconds: float) -> bool:
    """Poll the probe until it says yes; False when the time is over."""
    try:
        async with asyncio.timeout(seconds):
            while not await probe():
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        return False
    return True
