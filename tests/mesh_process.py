"""The whole mesh for one test session, in one process that ends with the session."""

import argparse
import asyncio
import json
import os
import signal
from pathlib import Path

from local_mesh.mesh import running
from local_mesh.settings import MeshSettings

# All tests are one client to the gateway, and one at a time is not how they run.
_REQUESTS_PER_SECOND = 2000


async def serve(home: Path, session: int) -> None:
    """Run the mesh until told to stop, or until the test session's process is gone."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_reader(os.pidfd_open(session), stop.set)
    settings = MeshSettings(home=home / "die Schule +1", gateway_port=0, gateway_rate=_REQUESTS_PER_SECOND)
    async with running(settings) as mesh:
        partial = home / "mesh.partial"
        partial.write_text(json.dumps({"gateway": mesh.gateway_url, "home": str(mesh.home.root)}))
        partial.rename(home / "mesh.json")
        await stop.wait()


def main() -> None:
    """The process's entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="folder the mesh's state folder is made in")
    parser.add_argument("--session", type=int, required=True, help="process id whose end is ours")
    options = parser.parse_args()
    # The mesh forks; gRPC's own fork handlers would only get in the way.
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")
    asyncio.run(serve(options.home, options.session))


if __name__ == "__main__":
    main()
