"""What the worker takes up: ended sessions, reminders, receipts of services, what people do."""

from collections.abc import Awaitable, Callable
from typing import Any

from auth_service.convert import activities as convert
from auth_service.convert.planner import reminder
from auth_service.domain.reminders import Reminder
from auth_service.domain.stats import Happened
from auth_service.ports import Activities, Work
from auth_service.use_cases.erasure import receive
from auth_service.use_cases.stats import note
from littlemonster.auth.v1.auth_events_pb2 import SessionRevoked, UserErased
from littlemonster.community.v1 import community_events_pb2 as community
from littlemonster.content.v1 import content_events_pb2 as content
from littlemonster.planner.v1 import planner_events_pb2 as planner
from servicekit.clock import Clock
from servicekit.database import Database, Transaction
from servicekit.identity.revocation import revoke_session
from servicekit.messaging.broker import Broker
from servicekit.messaging.consumer import Apply, Consumer, on


def revocations(broker: Broker, database: Database) -> Consumer:
    """Tells every process of each session that ended, before it acknowledges: a crash between repeats it, harmlessly."""

    # The bucket is written while the inbox's transaction is open, so that no event counts as heard before it has effect.
    async def tell(event: SessionRevoked, transaction: Transaction) -> None:
        await revoke_session(broker, event.session_id)

    return Consumer(broker, database, durable="auth", handlers=[on("session.revoked", SessionRevoked, tell)])


def reminders(broker: Broker, database: Database, mail: Callable[[Reminder, Transaction], Awaitable[None]]) -> Consumer:
    """Queues a mail for each reminder that is due, once: the inbox and the mail are one transaction."""

    async def remind(event: planner.PlannerReminderDue, transaction: Transaction) -> None:
        await mail(reminder(event), transaction)

    handlers = [on("planner.reminder_due", planner.PlannerReminderDue, remind)]
    return Consumer(broker, database, durable="auth-reminders", handlers=handlers)


def receipts(broker: Broker, database: Database, work: Callable[[Transaction], Work], clock: Clock) -> Consumer:
    """Takes what services answer to user.deleted. Acknowledged after the commit; retried with back-off, then parked."""

    async def take(event: UserErased, transaction: Transaction) -> None:
        await receive(work(transaction), event.user_id, event.service, event.row_count, clock())

    return Consumer(broker, database, durable="auth-erasure", handlers=[on("user.erased", UserErased, take)])


def doings(broker: Broker, database: Database, activities: Callable[[Transaction], Activities]) -> Consumer:
    """Takes over what people do in every service, for their statistics; apart from what must be quick."""

    def take(told: Callable[[Any], Happened]) -> Apply:
        async def apply(event: Any, transaction: Transaction) -> None:
            await note(activities(transaction), told(event))

        return apply

    handlers = [
        on("video.status_changed", content.VideoStatusChanged, take(convert.video_moved)),
        on("video.viewed", content.VideoViewed, take(convert.video_viewed)),
        on("video.deleted", content.VideoDeleted, take(convert.video_deleted)),
        on("comment.created", community.CommentCreated, take(convert.comment)),
        on("comment.deleted", community.CommentDeleted, take(convert.comment)),
        on("rating.submitted", community.RatingSubmitted, take(convert.rating)),
        on("rating.deleted", community.RatingDeleted, take(convert.rating)),
        on("planner.event_completed", planner.PlannerEventCompleted, take(convert.completion)),
    ]
    return Consumer(broker, database, durable="auth-stats", handlers=handlers)
