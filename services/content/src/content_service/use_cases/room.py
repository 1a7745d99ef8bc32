"""How many lessons one account may have waiting: nobody's wishes keep the others of a school from theirs."""

from datetime import timedelta

from content_service.domain import MOST_WAITING
from content_service.errors import TooManyLessons
from content_service.ports import Work

_COME_BACK = timedelta(minutes=1)


async def check_room(work: Work, owner: str, new: int) -> None:
    """Raises TooManyLessons when all that wait, `new` ones of this transaction among them, are more than may."""
    waiting = await work.waiting(owner)
    if new and waiting > MOST_WAITING:
        raise TooManyLessons(retry_after=_COME_BACK, waiting=str(waiting - new), most=str(MOST_WAITING))
