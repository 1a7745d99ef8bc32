"""Events taken out of JetStream for a backup, and put back: those that a consumer has still to hear, and the dead letters."""

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from servicekit.messaging.broker import DEAD_LETTERS, EVENTS, ensure_streams


@dataclass(frozen=True, slots=True)
class SavedEvent:
    """A message of a stream, as it was published."""

    subject: str
    headers: dict[str, str]
    payload: bytes

    def to_json(self) -> str:
        """One line of JSON; the payload in base64."""
        payload = base64.b64encode(self.payload).decode()
        return json.dumps({"subject": self.subject, "headers": self.headers, "payload": payload})

    @classmethod
    def from_json(cls, line: str) -> "SavedEvent":
        """The inverse of `to_json`. Raises ValueError or KeyError for another text."""
        read = json.loads(line)
        return cls(read["subject"], read["headers"], base64.b64decode(read["payload"]))


async def heard_by_all(jetstream: JetStreamContext) -> int:
    """The sequence up to which every consumer has acknowledged what it wants of the events."""
    last = await last_sequence(jetstream)  # first: a consumer that then waits for nothing has heard up to here
    consumers = await jetstream.consumers_info(EVENTS)
    floors = [
        consumer.ack_floor.stream_seq if consumer.ack_floor else 0
        for consumer in consumers
        if consumer.num_pending or consumer.num_ack_pending
    ]
    return min(floors, default=last) if consumers else 0


async def last_sequence(jetstream: JetStreamContext, stream: str = EVENTS) -> int:
    """The sequence of the newest message that the stream has ever had; 0 for none."""
    return (await jetstream.stream_info(stream)).state.last_seq


async def messages(jetstream: JetStreamContext, stream: str, after: int, last: int) -> AsyncIterator[SavedEvent]:
    """What the stream keeps of the sequences above `after` up to `last`, in order."""
    first = (await jetstream.stream_info(stream)).state.first_seq
    for sequence in range(max(after + 1, first), last + 1):
        try:
            raw = await jetstream.get_msg(stream, sequence)
        except NotFoundError:  # deleted, such as a dead letter that was replayed
            continue
        yield SavedEvent(raw.subject or "", dict(raw.headers or {}), raw.data or b"")


async def is_empty(jetstream: JetStreamContext) -> bool:
    """Whether neither stream holds a message."""
    infos = [await jetstream.stream_info(stream) for stream in (EVENTS, DEAD_LETTERS)]
    return not any(info.state.messages for info in infos)


async def empty(jetstream: JetStreamContext) -> None:
    """Makes the streams anew, without messages and without consumers: those belong to databases of another time."""
    for stream in (EVENTS, DEAD_LETTERS):
        await jetstream.delete_stream(stream)
    await ensure_streams(jetstream)


async def put_back(jetstream: JetStreamContext, event: SavedEvent) -> None:
    """Publishes it as it was: under its own ids, so that whoever has heard it ignores it."""
    await jetstream.publish(event.subject, event.payload, headers=event.headers)
