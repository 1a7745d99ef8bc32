"""Brings every database to the newest schema, and NATS to what services use, in one process that imports while both wake up."""

import argparse
import asyncio
import os
import sys
import time
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg

from local_mesh.credentials import Credentials
from local_mesh.servers import databases, nats_users
from servicekit import migrate
from servicekit.messaging.provision import provision

_WAIT_SECONDS = 45  # less than the supervisor's patience, so that the last refusal is what is told


def wait_for_server(url: str, seconds: float = _WAIT_SECONDS) -> None:
    """Return once the server accepts the URL; says what it waits for. Raises the last refusal when the time is over."""
    until, said = time.monotonic() + seconds, ""
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
            return
        except psycopg.OperationalError as refusal:
            if str(refusal) != said:
                said = str(refusal)
                print(f"PostgreSQL does not answer yet: {said}", file=sys.stderr)
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def unhurried(url: str) -> str:
    """The same address, for a session whose commits do not wait for the disk."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode({'options': databases.UNHURRIED}, quote_via=quote)}"


def main() -> None:
    """Provision and migrate; LM_POSTGRES_URL and LM_NATS_URL name the servers, with the passwords of who may do everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--secrets", type=Path, required=True, help="folder of the roles' passwords")
    credentials = Credentials(parser.parse_args().secrets)
    server = os.environ["LM_POSTGRES_URL"]
    wait_for_server(server)
    databases.provision(server, credentials)
    for service in databases.SERVICES:
        migrate.upgrade(service, unhurried(databases.urls(server, service, credentials).owner))
        print(f"{service}: schema is current", file=sys.stderr)
    asyncio.run(provision(os.environ["LM_NATS_URL"], nats_users.consumers()))


if __name__ == "__main__":
    main()
