"""A small service made with the kit. With the argument `fails` its background work does."""

import asyncio
import sys
from typing import Any

from sqlalchemy import bindparam, func, select

from littlemonster.content.v1.content_service_pb2 import GetVideoRequest, Video
from littlemonster.content.v1.content_service_pb2_grpc import VideoServiceServicer, add_VideoServiceServicer_to_server
from servicekit.database import Database, compile_command
from servicekit.kit import Kit, run
from servicekit.settings import ServiceSettings

WITHOUT_HURRY = compile_command(
    select(func.set_config("lock_timeout", "0", True), func.set_config("statement_timeout", "0", True))
)
WAIT = compile_command(select(func.pg_advisory_xact_lock(bindparam("key"))))


class Videos(VideoServiceServicer):
    """Answers once nobody holds the advisory lock 7."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def GetVideo(self, request: GetVideoRequest, context: Any) -> Video:
        async with self._database.transaction() as transaction:
            await transaction.execute(WITHOUT_HURRY)  # however long the test takes
            await transaction.execute(WAIT, key=7)
        return Video(id=request.video_id)


async def fails() -> None:
    await asyncio.sleep(0)
    raise RuntimeError("as the test wants")


async def serve(kit: Kit[ServiceSettings]) -> None:
    database = await kit.database()
    await kit.broker()
    if "fails" in sys.argv:
        kit.background(fails())
    await kit.serve((add_VideoServiceServicer_to_server, Videos(database)))


if __name__ == "__main__":
    run("library", ServiceSettings, serve)
