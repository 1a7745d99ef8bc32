"""The content worker: makes lessons, publishes the outbox, applies ratings and comment counts, erases accounts."""

import asyncio
import contextlib
import socket

from content_service.clients.inference import InferenceJudge, InferenceWriter
from content_service.clients.live import BrokerAnnouncer
from content_service.clients.media import MediaStore
from content_service.clients.renderer import RendererProcess
from content_service.clients.telemetry import in_job, in_stage
from content_service.clients.workshop import WorkFolders
from content_service.consumers import Events, erasures
from content_service.ports import Media
from content_service.settings import Settings
from content_service.storage import PostgresUnitOfWork, PostgresWork
from content_service.storage.personal_data import erase
from content_service.use_cases.generation import Generation
from content_service.use_cases.managing import count_views
from content_service.use_cases.media import sweep
from content_service.use_cases.naming import Naming
from content_service.use_cases.stages import Tools
from servicekit.caller import Caller
from servicekit.chore import Chore
from servicekit.clock import utc_now
from servicekit.kit import Kit, run
from servicekit.messaging.broker import Broker
from servicekit.messaging.consumer import Consumer
from servicekit.messaging.relay import Relay
from servicekit.personal_data.erasure import Erasure

# A job put back for later, or left by a worker that died, is found without any message.
_POLL_SECONDS = 2.0
_COUNT_SECONDS = 2.0
_HOUSEKEEP_SECONDS = 15.0
_SWEEP_SECONDS = 3600.0
_NAME_SECONDS = 60.0


async def serve(kit: Kit[Settings]) -> None:
    """Puts the parts together and works until told to stop."""
    database, broker = await kit.database(), await kit.broker()
    settings = kit.settings
    renderer = RendererProcess(settings.voice_file)
    renderer.start()
    wanted = asyncio.Event()
    store = MediaStore(settings.media_dir, settings.media_url, settings.media_public_endpoint)
    unit_of_work = PostgresUnitOfWork(database, Caller.service("content"), store.told)
    inference = kit.channel(settings.inference_address, "inference")
    tools = Tools(
        unit_of_work=unit_of_work,
        judge=InferenceJudge(inference),
        writer=InferenceWriter(inference),
        renderer=renderer,
        workshop=WorkFolders(settings.media_dir.parent / f".{settings.media_dir.name}-work"),
        media=store.media,
        announcer=BrokerAnnouncer(broker),
        clock=utc_now,
        in_stage=in_stage,
    )
    generation = Generation(f"{socket.gethostname()}/{settings.listen}", tools, in_job)
    kit.background(Relay(broker, database).run())
    heard = Events(PostgresWork, store.media).handlers()
    kit.background(Consumer(broker, database, durable="content", handlers=heard).run())
    kit.background(erasures(broker, database, Erasure("content", erase)).run())
    kit.background(_listen(broker, wanted))
    kit.background(generation.run(lambda: _wait(wanted)))
    for name, work, seconds in (
        ("counting views", lambda: count_views(unit_of_work, utc_now), _COUNT_SECONDS),
        ("housekeeping", generation.housekeep, _HOUSEKEEP_SECONDS),
        ("naming lessons", Naming(unit_of_work, tools.judge).name, _NAME_SECONDS),
        ("sweeping media", lambda: _sweep(unit_of_work, store.media), _SWEEP_SECONDS),
    ):
        kit.background(Chore(work, name=name, poll_seconds=seconds).run())
    try:
        await kit.serve()
    finally:
        renderer.stop()


async def _sweep(unit_of_work: PostgresUnitOfWork, media: Media) -> None:
    """Once an hour, however much it found: a chore that answers a number is done again at once."""
    await sweep(unit_of_work, media)


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
