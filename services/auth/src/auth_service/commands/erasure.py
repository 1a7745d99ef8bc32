"""Shows which accounts leave and which services have not answered: `python -m auth_service.commands.erasure list`."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from datetime import datetime

from auth_service.commands import database_url
from auth_service.domain.erasure import ErasureStatus
from auth_service.storage.erasures import StoredErasures
from auth_service.use_cases.erasure import ErasureList
from servicekit.database import Database
from servicekit.errors import ServiceError


def parse(arguments: Sequence[str] | None, prog: str) -> argparse.Namespace:
    """The options of the command."""
    parser = argparse.ArgumentParser(prog=prog, description="Accounts on their way out.")
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="show each account that leaves, and which services have not answered")
    return parser.parse_args(arguments)


async def run(url: str, options: argparse.Namespace) -> int:
    """Lists what is in the database `url`. Returns the exit code: 1 when it does not answer."""
    database = Database(url, name="auth", size=1)
    await database.open()
    try:
        found = await ErasureList(StoredErasures(database)).all()
    except ServiceError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        await database.close()
    print("\n".join(map(_line, found)) or "Nobody is leaving.")
    return 0


def _line(status: ErasureStatus) -> str:
    erasure = status.erasure
    rows = ", ".join(f"{receipt.service} {receipt.row_count}" for receipt in status.receipts)
    if erasure.delete_time is None:
        state = f"asked for {_shown(erasure.request_time)}, can still be cancelled"
    elif erasure.finish_time is None:
        silent = ", ".join(status.silent)
        state = f"told {erasure.announcements} times since {_shown(erasure.delete_time)}, no answer from {silent}"
    else:
        state = f"finished {_shown(erasure.finish_time)}"
    return f"{erasure.user_id}  {state}" + (f"  (rows: {rows})" if rows else "")


def _shown(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S}Z"


def main() -> None:
    """For containers."""
    options = parse(None, "python -m auth_service.commands.erasure")
    sys.exit(asyncio.run(run(database_url(), options)))


if __name__ == "__main__":
    main()
