"""Replaces the keys that sign access tokens: `python -m auth_service.commands.keys rotate`."""

import argparse
import asyncio
import os
import re
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from auth_service.clients.key_folder import KeyFolder
from auth_service.domain.signing_keys import PUBLICATION
from auth_service.storage.unit_of_work import units_of_work
from auth_service.use_cases.key_rotation import KeyRotation
from servicekit.clock import utc_now
from servicekit.database import Database
from servicekit.errors import ServiceError
from servicekit.identity.keys import KeyFileInvalid

_KID = re.compile(r"[\w-]{43}")
"""A thumbprint by SHA-256 in base64url: RFC 7638."""
_SAFE_MINUTES = PUBLICATION / timedelta(minutes=1)
_MOST_MINUTES = 30 * 24 * 60
_MEND = "Free some space there, or see who may read and write it, then retry."


def parse(arguments: Sequence[str] | None, prog: str) -> argparse.Namespace:
    """The options of the command."""
    parser = argparse.ArgumentParser(prog=prog, description="The keys that sign access tokens.")
    parser.add_argument(
        "--folder",
        type=Path,
        default=os.environ.get("LM_SIGNING_KEYS_DIR"),
        help="where they lie; LM_SIGNING_KEYS_DIR when not named",
    )
    actions = parser.add_subparsers(dest="action", required=True)
    rotate = actions.add_parser("rotate", help="publish a new key, which begins to sign when everybody knows it")
    rotate.add_argument(
        "--after",
        type=minutes,
        default=_SAFE_MINUTES,
        metavar="MINUTES",
        help="when it begins to sign (%(default)g); sooner than that, tokens may be refused for up to five minutes",
    )
    actions.add_parser("list", help="show each key and whether it is published, signs, verifies, or can be retired")
    retire = actions.add_parser("retire", help="remove the keys of which no token is valid any more")
    retire.add_argument(
        "kid", nargs="?", help="remove this one at once: tokens it signed are refused, a copy is worth nothing"
    )
    return parser.parse_args(_spelled(sys.argv[1:] if arguments is None else arguments))


def _spelled(arguments: Sequence[str]) -> Sequence[str]:
    """One id in 64 begins with a dash, which argparse would take for an option."""
    *before, last = arguments or ("",)
    return [*before, "--", last] if before[-1:] == ["retire"] and _KID.fullmatch(last) else arguments


def minutes(text: str) -> float:
    """A time of 0 minutes to 30 days. Raises ArgumentTypeError, which argparse shows."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= _MOST_MINUTES:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of minutes from 0 to {_MOST_MINUTES} (30 days)")
    return number


async def run(url: str | None, options: argparse.Namespace) -> int:
    """Does it, and writes it down in the database `url`, if one is given. Returns the exit code."""
    if options.folder is None:
        print("Name the folder with the keys: --folder, or LM_SIGNING_KEYS_DIR.", file=sys.stderr)
        return 1
    database = Database(url, name="auth", size=1) if url else None
    rotation = KeyRotation(KeyFolder(options.folder), units_of_work(database) if database else None, utc_now)
    if database:
        await database.open()
    try:
        await _act(rotation, options)
    except (ServiceError, KeyFileInvalid) as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename or options.folder} cannot be used ({error.strerror}). {_MEND}", file=sys.stderr)
        return 1
    finally:
        if database:
            await database.close()
    return 0


async def _act(rotation: KeyRotation, options: argparse.Namespace) -> None:
    if options.action == "rotate":
        key = await rotation.rotate(timedelta(minutes=options.after))
        print(
            f"{key.kid} is published and signs from {key.start_time:%Y-%m-%d %H:%M:%S} UTC on. "
            "Run `retire` once `list` calls the one before it RETIRABLE."
        )
    elif options.action == "retire":
        retired = await rotation.retire(options.kid)
        print("\n".join(f"{key.kid} is retired." for key in retired) or "No key can be retired yet.")
    else:
        for key, where in rotation.states():
            print(f"{key.kid}  {where}  {key.name}")


def main() -> None:
    """For containers and operators: LM_DATABASE_URL may be left out, where the keys are kept apart from the database."""
    options = parse(None, "python -m auth_service.commands.keys")
    sys.exit(asyncio.run(run(os.environ.get("LM_DATABASE_URL"), options)))


if __name__ == "__main__":
    main()
