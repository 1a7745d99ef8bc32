"""Events a consumer gave up on. They keep their payload and headers, so a replay is the event itself, not a copy of it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError

from servicekit.messaging.broker import DEAD_LETTERS

_CONSUMER, _SUBJECT, _REASON = "Lm-Consumer", "Lm-Subject", "Lm-Reason"
_REASON_LENGTH = 500


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One parked event; `sequence` is its place in the stream and names it in commands."""

    sequence: int
    consumer: str
    subject: str
    event_id: str
    reason: str


async def park(jetstream: JetStreamContext, message: Msg, *, consumer: str, reason: str) -> None:
    """Keeps the event with why it was given up. A repeat keeps it once."""
    headers = dict(message.headers or {})
    # Under its own id the stream would take the letters of two consumers for repeats of each other; under the event's, the
    # letter of a replay that failed as well for a repeat of the first.
    published = headers.get("Nats-Msg-Id") or headers.get("ce-id") or message.metadata.sequence.stream
    headers["Nats-Msg-Id"] = f"{consumer}:{published}"
    headers |= {_CONSUMER: consumer, _SUBJECT: message.subject, _REASON: _one_line(reason)}
    await jetstream.publish(f"dead.{consumer}.{message.subject}", message.data, headers=headers)


async def dead_letters(jetstream: JetStreamContext) -> AsyncIterator[DeadLetter]:
    """Every parked event, the oldest first."""
    state = (await jetstream.stream_info(DEAD_LETTERS)).state
    for sequence in range(max(state.first_seq, 1), state.last_seq + 1):
        try:
            yield _letter(await jetstream.get_msg(DEAD_LETTERS, sequence))
        except NotFoundError:
            continue  # replayed and deleted since


async def letter_with_payload(jetstream: JetStreamContext, sequence: int) -> tuple[DeadLetter, dict[str, str], bytes]:
    """One parked event with its headers and payload. Raises nats.js.errors.NotFoundError."""
    raw = await _get(jetstream, sequence)
    return _letter(raw), dict(raw.headers or {}), raw.data or b""


async def replay(jetstream: JetStreamContext, sequence: int) -> DeadLetter:
    """Gives the event to its consumer again. Raises nats.js.errors.NotFoundError for an unknown sequence.

    It goes back to the stream under a new message id, else the stream would drop it; its event id stays, so consumers that
    applied it the first time ignore it.
    """
    raw = await _get(jetstream, sequence)
    letter = _letter(raw)
    headers = {k: v for k, v in (raw.headers or {}).items() if k not in (_CONSUMER, _SUBJECT, _REASON)}
    headers["Nats-Msg-Id"] = f"replay:{sequence}:{letter.event_id}"
    await jetstream.publish(letter.subject, raw.data or b"", headers=headers)
    await jetstream.delete_msg(DEAD_LETTERS, sequence)
    return letter


async def _get(jetstream: JetStreamContext, sequence: int) -> RawStreamMsg:
    if sequence < 1:  # the server calls this a bad request; to whoever asks it is one more letter that is not there
        raise NotFoundError
    return await jetstream.get_msg(DEAD_LETTERS, sequence)


def _letter(raw: RawStreamMsg) -> DeadLetter:
    headers = raw.headers or {}
    return DeadLetter(
        sequence=raw.seq or 0,
        consumer=headers.get(_CONSUMER, ""),
        subject=headers.get(_SUBJECT, ""),
        event_id=headers.get("ce-id", ""),
        reason=headers.get(_REASON, ""),
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())[:_REASON_LENGTH]
