"""Brings every database to the newest schema, in one process: started at once, it imports while the server wakes up."""

import argparse
import os
import sys
import time
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg

from local_mesh.credentials import Credentials
from local_mesh.servers import databases
from servicekit import migrate

_WAIT_SECONDS = 60


def wait_for_server(url: str, seconds: float = _WAIT_SECONDS) -> None:
    """Return once the server accepts the URL. Raises its last refusal when the time is over."""
    until = time.monotonic() + seconds
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def unhurried(url: str) -> str:
    """The same address, for a session whose commits do not wait for the disk."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode({'options': databases.UNHURRIED}, quote_via=quote)}"


def main() -> None:
    """Provision and migrate; LM_POSTGRES_URL names the server."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--secrets", type=Path, required=True, help="folder of the roles' passwords")
    credentials = Credentials(parser.parse_args().secrets)
    server = os.environ["LM_POSTGRES_URL"]
    wait_for_server(server)
    databases.provision(server, credentials)
    for service in databases.SERVICES:
        migrate.upgrade(service, unhurried(databases.urls(server, service, credentials).owner))
        print(f"{service}: schema is current", file=sys.stderr)


if __name__ == "__main__":
    main()
