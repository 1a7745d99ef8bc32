"""Events wait beside the state they tell of, in the same transaction, until the relay has published them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from google.protobuf.message import Message

from servicekit.ids import new_id
from servicekit.telemetry.traces import trace_headers

_MAX_PAYLOAD = 512 * 1024  # half of what NATS takes in one message, headers included
CHANNEL = "outbox"  # also named in INSERT_EVENT
# The notification wakes the relay when the transaction commits, and is dropped when it does not.
INSERT_EVENT = """
WITH event AS (
    INSERT INTO outbox (id, subject, about, source, type, payload, traceparent)
    VALUES (%(id)s, %(subject)s, %(about)s, %(source)s, %(type)s, %(payload)s, %(traceparent)s)
)
SELECT pg_notify('outbox', '')
"""
SELECT_EVENTS = """
SELECT position, id, subject, about, source, type, payload, traceparent, create_time
FROM outbox ORDER BY position LIMIT %(limit)s
"""
DELETE_EVENTS = "DELETE FROM outbox WHERE position = ANY(%(positions)s)"


@dataclass(frozen=True, slots=True)
class OutboxEvent:
    """One row of the outbox."""

    position: int
    id: str
    subject: str
    about: str
    source: str
    type: str
    payload: bytes
    traceparent: str
    create_time: datetime

    def headers(self) -> dict[str, str]:
        """CloudEvents 1.0 in binary mode, the id JetStream drops repeats by, and the trace it belongs to."""
        headers = {
            "Nats-Msg-Id": self.id,
            "ce-specversion": "1.0",
            "ce-id": self.id,
            "ce-source": f"/services/{self.source}",
            "ce-type": self.type,
            "ce-subject": self.about,
            "ce-time": self.create_time.isoformat(),
            "content-type": "application/protobuf",
        }
        return headers | ({"traceparent": self.traceparent} if self.traceparent else {})


def envelope(subject: str, message: Message, about: str, source: str) -> dict[str, Any]:
    """The row of an event, in the trace of the present call. Raises ValueError for an event NATS would refuse."""
    payload = message.SerializeToString()
    if len(payload) > _MAX_PAYLOAD:
        raise ValueError(f"{subject} has {len(payload)} bytes; unpublished, it would hold back all events after it")
    return {
        "id": new_id(),
        "subject": subject,
        "about": about,
        "source": source,
        "type": message.DESCRIPTOR.full_name,
        "payload": payload,
        "traceparent": trace_headers().get("traceparent", ""),
    }
