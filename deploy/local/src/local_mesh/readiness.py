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


async def poll(probe: Probe) -> None:
    """Return once the probe says yes."""
    while not await probe():  # noqa: ASYNC110  # another process's state: nobody here could set an event
        await asyncio.sleep(POLL_SECONDS)


async def wait_until(probe: Probe, seconds: float) -> bool:
    """Poll the probe until it says yes; False when the time is over."""
    try:
        async with asyncio.timeout(seconds):
            await poll(probe)
    except TimeoutError:
        return False
    return True


def grpc_health(host: str, port: int) -> Probe:
    """Ready once grpc.health.v1 says SERVING for the whole server."""
    listening = tcp(host, port)

    async def probe() -> bool:
        if not await listening():  # far cheaper to ask many times a second
            return False
        import grpc  # on first use: the servers start meanwhile
        from grpc_health.v1 import health_pb2

        try:
            async with grpc.aio.insecure_channel(f"{host}:{port}") as channel:
                check = channel.unary_unary(
                    "/grpc.health.v1.Health/Check",
                    request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
                    response_deserializer=health_pb2.HealthCheckResponse.FromString,
                )
                answer = await check(health_pb2.HealthCheckRequest(), timeout=PROBE_SECONDS)
        except grpc.RpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    return probe
