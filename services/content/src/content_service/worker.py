"""The content worker: makes lessons, publishes the outbox, applies ratings and comment counts, erases accounts."""

import asyncio
import contextlib
import socket

from opentelemetry.trace import SpanKind

from content_service.clients.inference import InferenceWriter
from content_service.clients.live import BrokerAnnouncer
from content_service.clients.media import MediaFolder
from content_service.clients.renderer import RendererProcess
from content_service.consumers import Events, erasures
from content_service.settings import Settings
from content_service.storage import PostgresUnitOfWork, PostgresWork
from content_service.storage.personal_data import erase
from content_service.use_cases.generation import Generation
from content_service.use_cases.managing import count_views
from servicekit.caller import Caller
from servicekit.clock import utc_now
from servicekit.database import DatabaseUnavailable
from servicekit.kit import Kit, run
from servicekit.messaging.broker import Broker
from servicekit.messaging.consumer import Consumer
from servicekit.messaging.relay import Relay
from servicekit.personal_data.erasure import Erasure
from servicekit.telemetry.traces import continued

# A job put back for later, or left by a worker that died, is found without any message.
_POLL_SECONDS = 2.0
_COUNT_SECONDS = 2.0


async def serve(kit: Kit[Settings]) -> None:
    """Puts the parts together and works until told to stop."""
    database, broker = await kit.database(), await kit.broker()
    renderer = RendererProcess()
    renderer.start()
    wanted = asyncio.Event()
    media = MediaFolder(kit.settings.media_dir)
    unit_of_work = PostgresUnitOfWork(database, Caller.service("content"))
    generation = Generation(
        worker=f"{socket.gethostname()}/{kit.settings.listen}",
        unit_of_work=unit_of_work,
        writer=InferenceWriter(kit.channel(kit.settings.inference_address, "inference")),
        renderer=renderer,
        media=media,
        announcer=BrokerAnnouncer(broker),
        clock=utc_now,
        in_trace=lambda trace: continued({"traceparent": trace}, "make lesson", SpanKind.CONSUMER),
    )
    kit.background(Relay(broker, database).run())
    heard = Events(PostgresWork, media).handlers()
    kit.background(Consumer(broker, database, durable="content", handlers=heard).run())
    kit.background(erasures(broker, database, Erasure("content", erase)).run())
    kit.background(_listen(broker, wanted))
    kit.background(generation.run(lambda: _wait(wanted)))
    kit.background(_count_views(unit_of_work))
    try:
        await kit.serve()
    finally:
        renderer.stop()


async def _count_views(unit_of_work: PostgresUnitOfWork) -> None:
    while True:
        with contextlib.suppress(DatabaseUnavailable):
            await count_views(unit_of_work, utc_now)
        await asyncio.sleep(_COUNT_SECONDS)


async def _listen(broker: Broker, wanted: asyncio.Event) -> None:
    await broker.jetstream()
    async with broker.subscribe("video.requested") as messages:
        async for _ in messages:
            wanted.set()


async def _wait(wanted: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_POLL_SECONDS):
            await wanted.wait()
    wanted.clear()


if __name__ == "__main__":
    run("content", Settings, serve)
