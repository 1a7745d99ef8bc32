"""The life of a process: settings, parts, serving, draining. A composition root asks the kit for the parts it needs."""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any, Generic, TypeVar

import grpc
import uvloop
from pydantic import ValidationError

from littlemonster.auth.v1.auth_service_pb2_grpc import AuthServiceStub
from servicekit.client import open_channel
from servicekit.database import Database
from servicekit.health import Check, Health
from servicekit.identity.keys import KeySource, RemoteKeys, StaticKeys, private_key
from servicekit.identity.revocation import RevokedSessions, watch_revocations
from servicekit.identity.tokens import ServiceTokens, TokenVerifier
from servicekit.messaging.broker import Broker
from servicekit.server import PortTaken, Registration, Server
from servicekit.settings import ServiceSettings
from servicekit.telemetry import logs, traces

Settings = TypeVar("Settings", bound=ServiceSettings)
_CANCEL_ATTEMPTS = 3
_COLLECT_AFTER = 20_000
log = logging.getLogger(__name__)


class Kit(Generic[Settings]):
    """The parts of one process, closed in the reverse order of their opening."""

    def __init__(self, service: str, settings: Settings, stack: AsyncExitStack, stop: asyncio.Event) -> None:
        self.service = service
        self.settings = settings
        self._stack = stack
        self._stop = stop
        self._health = Health()
        self._tasks: list[asyncio.Task[None]] = []
        self._broker: Broker | None = None
        self._tokens = ServiceTokens(service, private_key(settings.service_key_file))

    async def database(self) -> Database:
        """This service's database; the process is ready only while it answers."""
        if self.settings.database_url is None:
            raise SystemExit("Set LM_DATABASE_URL to this service's database.")
        url = self.settings.database_url.get_secret_value()
        database = Database(url, name=self.service, size=self.settings.database_pool_size)
        await database.open()
        self._stack.push_async_callback(database.close)
        self.ready_while("database", database.ping)
        return database

    async def broker(self) -> Broker:
        """The broker; the process is ready only while it is connected."""
        broker = self._connection()

        async def connected() -> bool:
            return broker.connected

        self.ready_while("broker", connected)
        return broker

    def _connection(self) -> Broker:
        """The process's one connection to NATS."""
        if self._broker is None:
            self._broker = Broker(self.settings.nats_url.get_secret_value(), name=self.service)
            self._stack.push_async_callback(self._broker.close)
            self.background(self._broker.connect())
        return self._broker

    def channel(self, address: str, service: str) -> grpc.aio.Channel:
        """A channel to another service, called with this service's own token."""
        channel = open_channel(address, service, self._tokens)
        self._stack.push_async_callback(channel.close)
        return channel

    def ready_while(self, name: str, check: Check) -> None:
        """Adds a dependency to the process's readiness."""
        self._health.add_check(name, check)

    def on_close(self, close: Callable[[], Awaitable[None]]) -> None:
        """Runs `close` when the process ends, before what was opened earlier is closed."""
        self._stack.push_async_callback(close)

    def background(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs `work` beside the server. When it fails the process ends: its supervisor starts it anew."""
        task = asyncio.create_task(work)
        task.add_done_callback(self._on_done)
        self._tasks.append(task)

    def _on_done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            log.critical("background work failed", exc_info=error)
            self._stop.set()

    async def serve(self, *services: Registration, accounts: KeySource | None = None) -> None:
        """Serves until the process is told to stop. `accounts` are the keys of access tokens, the auth service's by default."""
        revoked = RevokedSessions()
        if services:  # health alone asks nobody for a token
            self.background(watch_revocations(self._connection(), revoked))
        server = Server(self.settings.listen, self._verifier(accounts, revoked), services, self._health)
        await self._health.refresh()  # so that the first answer is true
        port = await server.start()
        self.background(self._health.watch())
        log.info("listening", extra={"port": port})
        settle()
        await self._stop.wait()
        log.info("draining")
        await server.stop(self.settings.drain_seconds)
        await self.cancel_background()  # before the composition root takes apart what it works with

    def _verifier(self, accounts: KeySource | None, revoked: RevokedSessions) -> TokenVerifier:
        if accounts is None:
            accounts = RemoteKeys(AuthServiceStub(self.channel(self.settings.auth_address, "auth")))
        return TokenVerifier(accounts, StaticKeys.from_file(self.settings.service_keys_file), revoked=revoked)

    async def cancel_background(self) -> None:
        """Ends the background work and waits for it; asks again where a library has swallowed the cancellation."""
        pending = set(self._tasks)
        for _ in range(_CANCEL_ATTEMPTS):
            for task in pending:
                task.cancel()
            if not pending:
                return
            _, pending = await asyncio.wait(pending, timeout=1.0)
        log.warning("background work did not end", extra={"tasks": len(pending)})


def settle() -> None:
    """What a process has built by now stays for good: the garbage collector need not look at it with every few calls."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 20, 20)


def run(service: str, settings: type[Settings], compose: Callable[[Kit[Settings]], Coroutine[Any, Any, None]]) -> None:
    """Runs `compose` as this process, until SIGTERM or SIGINT. Exits 1 on a setting that is wrong or a port that is taken."""
    try:
        read = settings()
    except ValidationError as error:
        sys.exit(explain(error))
    # The API and the worker of a service are told different names by their environment.
    name = os.environ.get("OTEL_SERVICE_NAME") or service
    logs.configure(name, read.log_level)
    traces.configure(name)
    try:
        failed = uvloop.run(_live(service, read, compose))
    except (PortTaken, ValueError, FileNotFoundError) as error:
        sys.exit(f"{service}: {error}")
    finally:
        traces.shutdown()
    if failed:
        sys.exit(1)


async def _live(
    service: str, settings: Settings, compose: Callable[[Kit[Settings]], Coroutine[Any, Any, None]]
) -> bool:
    stop = asyncio.Event()
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _both, told, stop)
    async with AsyncExitStack() as stack:
        kit = Kit(service, settings, stack, stop)
        log.info("starting", extra={"settings": settings.model_dump(mode="json")})
        try:
            with contextlib.suppress(asyncio.CancelledError):
                await compose(kit)
        finally:
            await kit.cancel_background()  # before the parts it works with are closed
    log.info("stopped")
    return not told.is_set()


def _both(*events: asyncio.Event) -> None:
    for event in events:
        event.set()


def explain(error: ValidationError) -> str:
    """One line a setting: its variable and what is wrong with it; never its value, which may be a secret."""
    lines = [f"  LM_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors(include_input=False)]
    return "These settings are not right:\n" + "\n".join(lines)
