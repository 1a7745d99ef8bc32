"""Who may say and hear what in NATS: one user a service, and nothing that is not named here.

Consumers belong to the operator, who makes them with the subjects below (servicekit.messaging.provision): with the right to
make its own a service could choose what it reads. Held to what the services do by tests/integration/deploy/test_nats_users.py.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local_mesh.credentials import Credentials
from servicekit.identity.revocation import BUCKET
from servicekit.messaging.broker import DEAD_LETTERS, EVENTS, inbox_of

OPERATOR = "operator"
_SESSIONS = f"KV_{BUCKET}"
_STREAMS = (EVENTS, DEAD_LETTERS, _SESSIONS)


@dataclass(frozen=True, slots=True)
class Part:
    """What one service does with NATS."""

    publishes: tuple[str, ...] = ()
    """Its events."""
    consumers: Mapping[str, tuple[str, ...]] | None = None
    """The events it applies, by the durable consumer that brings them."""
    hears: tuple[str, ...] = ()
    """What it listens to without keeping its place."""
    tells: tuple[str, ...] = ()
    """What it says to whoever listens, outside the events."""
    ends_sessions: bool = False


PARTS: Mapping[str, Part] = {
    "auth": Part(
        publishes=("user.registered", "user.deleted", "user.access_revoked", "session.revoked"),
        consumers={
            "auth": ("session.revoked",),
            "auth-reminders": ("planner.reminder_due",),
            "auth-erasure": ("user.erased",),
            "auth-stats": (
                *("video.status_changed", "video.viewed", "video.deleted", "comment.created", "comment.deleted"),
                *("rating.submitted", "rating.deleted", "planner.event_completed"),
            ),
        },
        ends_sessions=True,
    ),
    "content": Part(
        publishes=(
            "video.requested",
            "video.created",
            "video.status_changed",
            "video.viewed",
            "video.deleted",
            "user.erased",
        ),
        consumers={
            "content": (
                *("rating.submitted", "rating.deleted", "comment.created", "comment.deleted"),
                *("video.status_changed", "video.deleted"),
            ),
            "content-erasure": ("user.deleted",),
        },
        hears=("live.video.*", "video.requested"),
        tells=("live.video.*",),
    ),
    "community": Part(
        publishes=(
            *("comment.created", "comment.updated", "comment.deleted", "comment.moderated"),
            *("rating.submitted", "rating.deleted", "user.erased"),
        ),
        consumers={
            "community": ("video.created", "video.status_changed", "video.deleted"),
            "community-erasure": ("user.deleted",),
        },
        hears=("comment.*", "video.*"),
    ),
    "planner": Part(
        publishes=("planner.event_changed", "planner.event_completed", "planner.reminder_due", "user.erased"),
        consumers={"planner-access": ("user.access_revoked",), "planner-erasure": ("user.deleted",)},
        hears=("planner.event_changed",),
    ),
    "inference": Part(),
}


def consumers() -> dict[str, list[str]]:
    """The subjects of every durable consumer, as servicekit.messaging.provision reads them."""
    return {
        durable: sorted(subjects) for part in PARTS.values() for durable, subjects in (part.consumers or {}).items()
    }


def password_name(user: str) -> str:
    """The name of a user's password among the credentials; the operator's is that of the server."""
    return "nats" if user == OPERATOR else f"nats-{user}"


def users(credentials: Credentials) -> list[dict[str, Any]]:
    """The server's `authorization.users`: the operator, who may do everything, and one a service."""
    operator = {"user": OPERATOR, "password": credentials.password(password_name(OPERATOR))}
    return [operator, *(_user(name, credentials) for name in PARTS)]


def _user(name: str, credentials: Credentials) -> dict[str, Any]:
    part = PARTS[name]
    return {
        "user": name,
        "password": credentials.password(password_name(name)),
        "permissions": {
            "publish": {"allow": [*_publishes(part)]},
            # Answers come to an inbox of its own: in a common one it would read those of all others.
            "subscribe": {"allow": [f"{inbox_of(name)}.>", *part.hears]},
        },
    }


def _publishes(part: Part) -> Iterator[str]:
    yield from (*part.publishes, *part.tells)
    yield from (f"$JS.API.STREAM.INFO.{stream}" for stream in _STREAMS)
    for durable in part.consumers or ():
        yield from (f"$JS.API.CONSUMER.{do}.{EVENTS}.{durable}" for do in ("INFO", "MSG.NEXT"))
        yield f"$JS.ACK.{EVENTS}.{durable}.>"
        yield f"dead.{durable}.>"
    # Everybody follows the sessions that end, by a passing consumer of the bucket.
    yield from (f"$JS.API.CONSUMER.CREATE.{_SESSIONS}{rest}" for rest in ("", ".>"))
    yield f"$JS.API.CONSUMER.INFO.{_SESSIONS}.*"
    yield f"$JS.FC.{_SESSIONS}.>"
    if part.ends_sessions:
        yield f"$KV.{BUCKET}.*"
