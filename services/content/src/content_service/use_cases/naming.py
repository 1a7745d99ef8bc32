"""Other names of their topics for lessons that were published before search asked for them."""

import json
from collections.abc import Sequence

from content_service.lesson.script import Subject
from content_service.ports import Judge, UnitOfWork
from servicekit.errors import FailedPrecondition, InvalidArgument

_BATCH = 50


async def name_lessons(unit_of_work: UnitOfWork, judge: Judge) -> int:
    """Names a batch of lessons, each in a transaction of its own. Returns how many. Raises Unavailable when nobody can judge."""
    async with unit_of_work() as work:
        unnamed = await work.unnamed(_BATCH)
    known: dict[tuple[str, str], Sequence[str] | None] = {}
    named = 0
    for video in unnamed:
        topic = (video.topic, video.subject)
        if topic not in known:
            known[topic] = await _aliases(judge, *topic)
        if (aliases := known[topic]) is not None:
            async with unit_of_work() as work:
                await work.name(video, aliases)
            named += 1
    return named


async def _aliases(judge: Judge, topic: str, subject: str) -> Sequence[str] | None:
    """Empty for a topic that has left the curriculum, None while inference is of a release that does not tell them yet."""
    try:
        judged = json.loads(await judge.validate(topic, Subject(subject)))
    except (InvalidArgument, FailedPrecondition):
        return ()
    return judged["aliases"] or None
