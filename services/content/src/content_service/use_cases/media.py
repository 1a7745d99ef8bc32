"""Where the media of videos lie: what a video is now decides, and whoever holds its media acts on that alone."""

import asyncio
import logging
from collections.abc import Set

from content_service.domain import Place
from content_service.errors import MediaNotStored
from content_service.ports import Media, UnitOfWork, Work
from servicekit.errors import Unavailable

log = logging.getLogger(__name__)
_BATCH = 500
# Less than an idle transaction lives: what took longer would go on without the hold that keeps others off the same files.
_LONGEST_SECONDS = 12.0


async def settle(work: Work, media: Media, video_id: str) -> None:
    """Shows, hides or removes the media of a video; those of one that is being made are left alone.

    Raises MediaNotStored, also when the store takes longer than `work` may wait.
    """
    await work.hold_media(video_id)
    place = (await work.places([video_id])).get(video_id, Place.NOWHERE)
    try:
        async with asyncio.timeout(_LONGEST_SECONDS):
            await _put(media, video_id, place)
    except TimeoutError:
        raise MediaNotStored(cause="the media store takes too long") from None


async def _put(media: Media, video_id: str, place: Place | None) -> None:
    match place:
        case Place.SHOWN:
            await media.show(video_id, visible=True)
        case Place.HIDDEN:
            await media.show(video_id, visible=False)
        case Place.NOWHERE:
            await media.remove(video_id)


async def sweep(unit_of_work: UnitOfWork, media: Media) -> int:
    """Settles all media that lie where they do not belong: a worker was killed before it could. Returns how many.

    What cannot be settled now waits for the next time; it keeps nobody from those after it. Nothing is done to a store of
    which the database knows not one video: one of the two is another installation's. Raises MediaNotStored when it cannot be
    listed.
    """
    stored = await media.stored()
    belong: dict[str, Place | None] = {}
    ids = [*stored]
    for start in range(0, len(ids), _BATCH):
        async with unit_of_work() as work:
            belong.update(await work.places(ids[start : start + _BATCH]))
    if stored and not belong:
        log.error("media of unknown videos only; nothing is swept", extra={"videos": len(stored)})
        return 0
    lost = [video_id for video_id, places in stored.items() if _lost(places, belong.get(video_id, Place.NOWHERE))]
    settled = 0
    for video_id in lost:
        try:
            async with unit_of_work() as work:
                await settle(work, media, video_id)
            log.warning("media settled that a worker left", extra={"video": video_id})
            settled += 1
        except Unavailable as error:
            log.warning("media not settled", extra={"video": video_id, "reason": error.reason})
    return settled


def _lost(places: Set[Place], belongs: Place | None) -> bool:
    return belongs is not None and places != {belongs}
