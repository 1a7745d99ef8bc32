"""Progress over NATS: told to those who listen at this moment, kept by nobody."""

import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from content_service.convert import videos as convert
from content_service.domain import Progress
from content_service.errors import StreamInterrupted
from littlemonster.content.v1.content_service_pb2 import VideoProgress
from servicekit.messaging.broker import Broker, BrokerUnavailable

log = logging.getLogger(__name__)


def subject(video_id: str) -> str:
    """Outside the subjects the event stream keeps."""
    return f"live.video.{video_id}"


class BrokerAnnouncer:
    """The adapter of `ports.Announcer`."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def announce(self, progress: Progress) -> None:
        """Lost when NATS is away; watchers then read the state themselves."""
        with contextlib.suppress(NatsError, OSError):
            await self._broker.publish(subject(progress.video_id), convert.progress(progress).SerializeToString())


class BrokerFollower:
    """The adapter of `ports.Follower`."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    @asynccontextmanager
    async def follow(self, video_id: str) -> AsyncIterator[AsyncIterator[Progress]]:
        """Progress from now on. Raises StreamInterrupted when NATS does not answer."""
        try:
            async with self._broker.subscribe(subject(video_id)) as messages:
                yield _decoded(messages)
        except (BrokerUnavailable, NatsError, OSError) as error:
            log.warning("live progress interrupted", extra={"video": video_id, "error": repr(error)})
            raise StreamInterrupted(video=video_id) from error


async def _decoded(messages: AsyncIterator[Msg]) -> AsyncIterator[Progress]:
    async for message in messages:
        yield convert.announced(VideoProgress.FromString(message.data))
