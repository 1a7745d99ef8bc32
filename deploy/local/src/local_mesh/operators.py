"""`lm admin`, `lm audit`, `lm keys` and `lm erasure`: auth's own commands, on the database of the running mesh."""

import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import Protocol

from auth_service.commands import admin, audit, erasure, keys
from local_mesh.home import Home
from local_mesh.keys import SIGNING_KEYS
from local_mesh.mesh import FACTS, database_url
from local_mesh.settings import MeshSettings


class _Command(Protocol):
    """A module of auth's commands."""

    def parse(self, arguments: Sequence[str] | None, prog: str) -> Namespace: ...

    async def run(self, url: str, options: Namespace) -> int: ...


_COMMANDS: Mapping[str, _Command] = {"admin": admin, "audit": audit, "keys": keys, "erasure": erasure}


async def run(settings: MeshSettings, name: str, arguments: list[str]) -> int:
    """Runs the command; 1 when no mesh runs or what was given is refused."""
    command = _COMMANDS[name]
    options = command.parse(arguments, f"lm {name}")
    home = Home(settings.home)
    facts = home.published(FACTS) if home.is_running() else None
    if facts is None:
        print(f"No mesh runs on {settings.home}. Start one with `make up`.", file=sys.stderr)
        return 1
    if command is keys:
        options.folder = home.keys / SIGNING_KEYS
    return await command.run(database_url(facts, "auth"), options)
