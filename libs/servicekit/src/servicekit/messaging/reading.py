"""Events as they are shown to those who watch at this moment: neither saved nor tried again."""

import logging
from collections.abc import Callable
from typing import TypeVar

from google.protobuf.message import DecodeError
from nats.aio.msg import Msg

Change = TypeVar("Change")
log = logging.getLogger(__name__)


def read(message: Msg, conversion: Callable[[str, bytes], Change | None]) -> Change | None:
    """What an event says, by its subject and payload, to those who watch. What cannot be read is logged, and None."""
    try:
        return conversion(message.subject, message.data)
    except (DecodeError, ValueError):
        log.warning("change not read", extra={"subject": message.subject})
        return None
