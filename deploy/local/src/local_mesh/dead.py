"""`lm dead`: the events that consumers of the running mesh gave up."""

import sys

from local_mesh.home import Home
from local_mesh.mesh import FACTS, nats_url
from local_mesh.settings import MeshSettings
from servicekit.messaging import command


async def run(settings: MeshSettings, arguments: list[str]) -> int:
    """Lists, shows or replays; 1 when no mesh runs or there is no such event."""
    options = command.parse(arguments, "lm dead")
    home = Home(settings.home)
    facts = home.published(FACTS) if home.is_running() else None
    if facts is None:
        print(f"No mesh runs on {settings.home}. Start one with `make up`.", file=sys.stderr)
        return 1
    return await command.run(settings.nats_url or nats_url(home, facts), options)
