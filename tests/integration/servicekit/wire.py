"""A TCP proxy that notes each change of turn: how often a client asked anew after it was answered."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def counting_proxy(host: str, port: int) -> AsyncIterator[tuple[int, list[str]]]:
    """Passes connections on to host:port; yields its own port and the list of turns, which a test may clear."""
    turns: list[str] = []
    writers: list[asyncio.StreamWriter] = []
    answered = True

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, asks: bool) -> None:
        nonlocal answered
        while data := await reader.read(65_536):
            if asks and answered:
                turns.append("asked")
            answered = not asks
            writer.write(data)
            await writer.drain()
        writer.close()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection(host, port)
        writers.extend((writer, server_writer))
        with contextlib.suppress(ConnectionError):
            async with asyncio.TaskGroup() as group:
                group.create_task(forward(reader, server_writer, asks=True))
                group.create_task(forward(server_reader, writer, asks=False))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], turns
    finally:
        server.close()
        for writer in writers:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
