"""PostgreSQL, NATS and Redis for one test session, in one process that ends with the session and cleans up after it."""

import argparse
import asyncio
import json
import os
import shutil
import signal
from pathlib import Path

from local_mesh.credentials import Credentials
from local_mesh.ports import free_ports
from local_mesh.servers.nats import Nats
from local_mesh.servers.postgres import Postgres
from local_mesh.servers.redis import Redis
from local_mesh.supervisor import Patience, Supervisor


async def serve(home: Path, session: int) -> None:
    """Run the servers until told to stop, or until the test session's process is gone."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    session_handle = os.pidfd_open(session)
    loop.add_reader(session_handle, stop.set)

    credentials = Credentials(home / "secrets")
    postgres_port, nats_port, redis_port = free_ports(3)
    postgres = Postgres(
        home / "postgres", home / "initdb.log", postgres_port, credentials, durable=False, max_connections=400
    )
    nats = Nats(home / "nats", nats_port, credentials, durable=False)
    redis = Redis(home / "redis", redis_port, credentials, durable=False)
    processes = [postgres.process(), nats.process(), redis.process()]
    supervisor = Supervisor(processes, home / "logs", patience=Patience(stop=5))
    try:
        await supervisor.start()
        urls = {"postgres_url": postgres.url, "nats_url": nats.url, "redis_url": redis.url_of("auth")}
        partial = home / "backing.partial"
        partial.write_text(json.dumps(urls))
        partial.rename(home / "backing.json")
        await stop.wait()
    finally:
        await supervisor.stop()


def main() -> None:
    """The process's entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--session", type=int, required=True, help="process id whose end is ours")
    options = parser.parse_args()
    asyncio.run(serve(options.home, options.session))
    shutil.rmtree(options.home, ignore_errors=True)


if __name__ == "__main__":
    main()
