"""What operators do at the machine itself: `python -m auth_service.commands.admin create ada@example.org`."""

import argparse
import asyncio
import getpass
import sys
from collections.abc import Sequence

from auth_service.clients.passwords import Argon2Passwords
from auth_service.commands import database_url
from auth_service.domain.identity import normalise_email
from auth_service.ports import UnitOfWork
from auth_service.storage.unit_of_work import units_of_work
from auth_service.use_cases.first_admin import FirstAdmin
from auth_service.use_cases.lost_factors import LostFactors
from servicekit.clock import utc_now
from servicekit.database import Database
from servicekit.errors import InvalidArgument, ServiceError

_SHORTEST, _LONGEST = 10, 128


class PasswordLength(InvalidArgument):
    """The contract, which says how long a password is, is not asked here."""

    reason = "PASSWORD_LENGTH"
    message = "A password has 10 to 128 characters. Choose another."


def parse(arguments: Sequence[str] | None, prog: str) -> argparse.Namespace:
    """The options of the command."""
    parser = argparse.ArgumentParser(prog=prog, description="What only an operator may do with accounts.")
    actions = parser.add_subparsers(dest="action", required=True)
    create = actions.add_parser(
        "create", help="make an admin of an address; the password is asked for, or read as a line from stdin"
    )
    create.add_argument("email", help="the address; an account it has already gets the role and the password")
    create.add_argument("--name", default="Administrator", help="the name others see")
    remove = actions.add_parser("remove-totp", help="help somebody who lost their one-time-code app and recovery codes")
    remove.add_argument("email", help="the account's address; make sure that it is its owner who asks")
    return parser.parse_args(arguments)


async def run(url: str, options: argparse.Namespace) -> int:
    """Does it in the database `url`, reached with the service's own role. Returns the exit code."""
    database = Database(url, name="auth", size=1)
    await database.open()
    try:
        act = _create if options.action == "create" else _remove_totp
        print(await act(units_of_work(database), options))
    except ServiceError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        await database.close()
    return 0


async def _create(work: UnitOfWork, options: argparse.Namespace) -> str:
    normalise_email(options.email)  # nobody should think of a password for an address that will be refused
    passwords = Argon2Passwords(threads=1)
    try:
        admin = await FirstAdmin(work, passwords, utc_now).create(options.email, options.name, _asked_for())
    finally:
        await passwords.close()
    return f"{admin.email} is an admin now. Sign in with POST /v1/auth/login."


async def _remove_totp(work: UnitOfWork, options: argparse.Namespace) -> str:
    await LostFactors(work, utc_now).remove(options.email)
    return f"{options.email} signs in with the password alone now. Its sessions were ended, and a mail tells its owner."


def _asked_for() -> str:
    """Never from the command line, which every process of the machine may read. Raises PasswordLength."""
    password = (
        getpass.getpass(f"Password ({_SHORTEST} to {_LONGEST} characters): ")
        if sys.stdin.isatty()
        else sys.stdin.readline().rstrip("\r\n")
    )
    if not _SHORTEST <= len(password) <= _LONGEST:
        raise PasswordLength
    return password


def main() -> None:
    """For containers: the database is LM_DATABASE_URL."""
    options = parse(None, "python -m auth_service.commands.admin")
    sys.exit(asyncio.run(run(database_url(), options)))


if __name__ == "__main__":
    main()
