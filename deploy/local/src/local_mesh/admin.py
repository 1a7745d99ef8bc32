"""`lm admin`: an account that administers others, in the database of the running mesh."""

import sys
from pathlib import Path

from auth_service import commands
from local_mesh.home import Home
from local_mesh.mesh import FACTS
from local_mesh.settings import MeshSettings


async def run(settings: MeshSettings, arguments: list[str]) -> int:
    """Makes the admin; 1 when no mesh runs or what was given is refused."""
    options = commands.parse(arguments, "lm admin")
    home = Home(settings.home)
    facts = home.published(FACTS) if home.is_running() else None
    if facts is None:
        print(f"No mesh runs on {settings.home}. Start one with `make up`.", file=sys.stderr)
        return 1
    return await commands.run(_url(facts), options)


def _url(facts: dict[str, object]) -> str:
    files = facts["database_url_files"]
    assert isinstance(files, dict)  # noqa: S101  # our own file: mesh.py writes it
    return Path(files["auth"]).read_text().strip()
