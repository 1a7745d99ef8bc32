"""Events of one comment, out of all that pass."""

from collections.abc import AsyncIterator
from typing import TypeVar

from nats.aio.msg import Msg

from littlemonster.community.v1.community_events_pb2 import CommentCreated, CommentModerated, CommentUpdated

Event = TypeVar("Event", CommentCreated, CommentUpdated, CommentModerated)


async def heard(messages: AsyncIterator[Msg], kind: type[Event], comment_id: str) -> Event:
    """The next such event about the comment: other tests' events pass as well."""
    async for message in messages:
        event = kind.FromString(message.data)
        if event.comment.id == comment_id:
            return event
    raise AssertionError("the subscription ended")
