"""`lm models`: the model files of this machine's mesh."""

import os
import signal

from inference_service.models import command
from local_mesh.home import Home
from local_mesh.settings import MeshSettings


async def run(settings: MeshSettings, arguments: list[str]) -> int:
    """Lists, pulls, verifies or removes; whether the mesh runs does not matter."""
    folder = os.environ.get("LM_MODELS_DIR") or str(Home(settings.home).models)
    options = command.parse(arguments, "lm models")
    # All of it blocks: asyncio's own handler would put the first Ctrl-C off until a whole model has come.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return command.run(options, os.environ | {"LM_MODELS_DIR": folder})
