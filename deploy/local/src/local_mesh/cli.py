"""The `lm` command: up, demo, status, backup, models, dead, admin, audit, keys, erasure."""

import argparse
import asyncio
import errno
import os
import sys
from collections.abc import Coroutine, Mapping, Sequence
from importlib.metadata import version

from local_mesh.errors import MeshError
from local_mesh.settings import MeshSettings

# Each has a parser of its own, which is slow to load: what follows the name is handed to it as it stands, --help too.
_WITH_PARSERS: Mapping[str, str] = {
    "backup": "everything in one archive: create, verify, restore, list",
    "dead": "events that were given up: list, show, replay",
    "admin": "what only an operator may do: create, remove-totp",
    "audit": "look over what was done with accounts: verify",
    "keys": "replace what signs access tokens: rotate, list, retire",
    "models": "language models: list, pull, verify, rm",
    "erasure": "accounts that leave, and who has not answered: list",
}
_ENDS = """The state folder is $LM_HOME, .local when unset; README.md lists the other settings. Ends with 0 when it is
done, 1 when it cannot be, with a sentence that says what to do, 2 when the arguments make no sense, and 130 when it is
interrupted."""
_UP = """Runs every server and service until Ctrl-C; prints `gateway: ADDRESS` once all are ready. What it is told stands
in environment variables, which README.md lists."""
_STATUS = "Shows the processes of the mesh that runs on $LM_HOME; ends with 1 when none does."
_MEND = "Free some space, or see whose file it is (after a start with sudo it is root's), then retry."
_DEMO = "On the mesh that runs on $LM_HOME, or on one of its own for as long as it takes."


def main() -> None:
    """Run the command; exits 1 with one plain sentence when it cannot be done."""
    options = _options(sys.argv[1:])
    # The mesh forks and asks gRPC servers for their health: gRPC's own fork handlers would only get in the way.
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")
    try:
        settings = MeshSettings.read()
        code = asyncio.run(_command(options, settings))
    except MeshError as error:
        print(f"lm: {error}", file=sys.stderr)
        code = 1
    except OSError as error:
        if error.filename is None and error.errno != errno.ENOSPC:
            raise
        print(f"lm: {error.filename or 'A file'} cannot be used ({error.strerror}). {_MEND}", file=sys.stderr)
        code = 1
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


def _command(options: argparse.Namespace, settings: MeshSettings) -> Coroutine[None, None, int]:
    # Imported by need: a status question should not load what a mesh needs.
    if options.command == "up":
        from local_mesh import up

        return up.run(settings)
    if options.command == "demo":
        from local_mesh.demo import command

        return command.run(settings, options.topic, options.subject, options.difficulty)
    if options.command == "backup":
        from local_mesh.backup import command as backup

        return backup.run(settings, options.arguments)
    if options.command == "dead":
        from local_mesh import dead

        return dead.run(settings, options.arguments)
    if options.command in ("admin", "audit", "keys", "erasure"):
        from local_mesh import operators

        return operators.run(settings, options.command, options.arguments)
    if options.command == "models":
        from local_mesh import models

        return models.run(settings, options.arguments)
    from local_mesh import status

    return status.run(settings, as_json=options.json)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    """What was asked for; exits 0 after --help and 2 with the usage when it makes no sense."""
    if arguments and arguments[0] in _WITH_PARSERS:
        return argparse.Namespace(command=arguments[0], arguments=list(arguments[1:]))
    parser = _parser()
    if not arguments:
        parser.print_help(sys.stderr)
        sys.exit(2)
    return parser.parse_args(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lm", description="Little Monster on this machine.", epilog=_ENDS)
    parser.add_argument("--version", action="version", version=f"lm {version('littlemonster-local')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("up", help="run the mesh in the foreground until Ctrl-C", description=_UP)
    status = commands.add_parser("status", help="show what runs", description=_STATUS)
    status.add_argument("--json", action="store_true", help="for programs: the gateway's address and each process")
    for name, purpose in _WITH_PARSERS.items():
        commands.add_parser(name, help=purpose)
    purpose = "make a lesson video as a student would, and prove every step"
    demo = commands.add_parser("demo", help=purpose, description=f"{purpose.capitalize()}. {_DEMO}")
    demo.add_argument("--topic", default=_default("TOPIC", "Pythagorean theorem"), help="what to teach (%(default)s)")
    demo.add_argument(
        "--subject",
        default=_default("SUBJECT", "MATH"),
        type=str.upper,
        help="MATH, CHEMISTRY, HISTORY or ENGLISH (%(default)s)",
    )
    demo.add_argument(
        "--difficulty",
        default=_default("DIFFICULTY", "STANDARD"),
        type=str.upper,
        help="INTRO, STANDARD or HONORS (%(default)s)",
    )
    return parser


def _default(variable: str, text: str) -> str:
    return os.environ.get(variable) or text


if __name__ == "__main__":
    main()
