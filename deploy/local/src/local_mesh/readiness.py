"""Questions asked of a process to learn whether it can serve: each answers yes or no, never raises."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

PROBE_SECONDS = 1.0
POLL_SECONDS = 0.05

Probe = Callable[[], Awaitable[bool]]


def tcp(host: str, port: int) -> Probe:
    """Ready once something accepts a connection there."""
    return conversation(host, port, b"", answers=lambda reply: True)


def http(host: str, port: int, path: str) -> Probe:
    """Ready once GET path answers 200. Spoken by hand: an HTTP client library would cost start-up time."""
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    return conversation(host, port, request.encode(), answers=lambda reply: reply.split()[1:2] == [b"200"])


def conversation(host: str, port: int, request: bytes, *, answers: Callable[[bytes], bool]) -> Probe:
    """Ready once the first bytes of the reply to the request are right; with no request, once it connects."""

    async def probe() -> bool:
        loop = asyncio.get_running_loop()
        # A plain socket, not a stream: it is closed for certain when a probe is given up half-way.
        with socket.socket() as connection:
            connection.setblocking(False)
            try:
                async with asyncio.timeout(PROBE_SECONDS):
                    await loop.sock_connect(connection, (host, port))
                    await loop.sock_sendall(connection, request)
                    return answers(await loop.sock_recv(connection, 256) if request else b"")
            except (OSError, TimeoutError):
                return False

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
