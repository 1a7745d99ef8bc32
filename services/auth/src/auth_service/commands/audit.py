"""Looks the audit log over for what was tampered with: `python -m auth_service.commands.audit verify`."""

import argparse
import asyncio
import re
import sys
from collections.abc import Sequence

from auth_service.commands import database_url
from auth_service.domain.audit import Link
from auth_service.storage.audit import StoredAudit
from auth_service.use_cases.audit_log import AuditVerification, Verdict
from servicekit.clock import utc_now
from servicekit.database import Database
from servicekit.errors import ServiceError


def parse(arguments: Sequence[str] | None, prog: str) -> argparse.Namespace:
    """The options of the command."""
    parser = argparse.ArgumentParser(prog=prog, description="The audit log.")
    actions = parser.add_subparsers(dest="action", required=True)
    verify = actions.add_parser(
        "verify", help="follow the chain of hashes and name each entry that was changed or removed"
    )
    verify.add_argument(
        "--from",
        dest="first",
        type=_position,
        default=1,
        metavar="POSITION",
        help="entries before this position were deleted because their time was over",
    )
    verify.add_argument(
        "--anchor",
        type=_anchor,
        metavar="POSITION:HASH",
        help="an end of the chain that an earlier run printed: it must still be in it",
    )
    return parser.parse_args(arguments)


async def run(url: str, options: argparse.Namespace) -> int:
    """Verifies the log in the database `url`. Returns the exit code: 1 when something is wrong."""
    database = Database(url, name="auth", size=1)
    await database.open()
    try:
        verdict = await AuditVerification(StoredAudit(database), utc_now).verify(options.first, options.anchor)
    except ServiceError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        await database.close()
    return _tell(verdict)


def _tell(verdict: Verdict) -> int:
    for finding in verdict.findings:
        print(f"Entry {finding.position} {finding.event_id} {finding.problem}.", file=sys.stderr)
    if verdict.unsealed:
        print(f"{verdict.unsealed} entries are in no chain: see whether auth's worker runs.", file=sys.stderr)
    if verdict.findings or verdict.unsealed:
        return 1
    end = f"{verdict.head.position}:{verdict.head.hash.hex()}" if verdict.head else "none, it is empty"
    print(f"The audit log is whole. Its end, to note down for --anchor: {end}")
    return 0


def _position(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,17}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no position: they are whole numbers from 1 on")
    return int(text)


def _anchor(text: str) -> Link:
    position, _, hashed = text.partition(":")
    if not re.fullmatch(r"[0-9a-f]{64}", hashed):
        raise argparse.ArgumentTypeError(f"{text!r} is no POSITION:HASH as an earlier run printed it")
    return Link(_position(position), "", bytes.fromhex(hashed))


def main() -> None:
    """For containers."""
    options = parse(None, "python -m auth_service.commands.audit")
    sys.exit(asyncio.run(run(database_url(), options)))


if __name__ == "__main__":
    main()
