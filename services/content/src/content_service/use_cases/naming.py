"""Other names of their topics for lessons that were published before search asked for them."""

import json
import logging
from collections.abc import Sequence
from uuid import UUID

from content_service.lesson.script import Subject
from content_service.ports import Judge, UnitOfWork
from servicekit.errors import FailedPrecondition, InvalidArgument, ServiceError, Unavailable

log = logging.getLogger(__name__)
_BATCH = 50
_START = str(UUID(int=0))


class Naming:
    """Goes around the lessons without names, at most `most` at a time: those that get none keep nobody from what comes after."""

    def __init__(self, unit_of_work: UnitOfWork, judge: Judge, most: int = _BATCH) -> None:
        self._unit_of_work, self._judge, self._most = unit_of_work, judge, most
        self._after = _START

    async def name(self) -> int:
        """Names the next ones, each in a transaction of its own. Returns how many. Raises Unavailable when nobody can judge."""
        async with self._unit_of_work() as work:
            unnamed = await work.unnamed(self._after, self._most)
        known: dict[tuple[str, str], Sequence[str] | None] = {}
        named = 0
        for video in unnamed:
            topic = (video.topic, video.subject)
            if topic not in known:
                known[topic] = await self._aliases(*topic)
            if (aliases := known[topic]) is not None:
                async with self._unit_of_work() as work:
                    await work.name(video, aliases)
                named += 1
        self._after = unnamed[-1].id if len(unnamed) == self._most else _START
        return named

    async def _aliases(self, topic: str, subject: str) -> Sequence[str] | None:
        """Empty for a topic that has left the curriculum, None while inference does not tell them: one of an earlier release."""
        try:
            judged = json.loads(await self._judge.validate(topic, Subject(subject)))
        except (InvalidArgument, FailedPrecondition):
            return ()
        except Unavailable:
            raise
        except ServiceError as error:
            log.warning("a topic was not told its other names", extra={"topic": topic, "error": repr(error)})
            return None
        return judged["aliases"] or None
