"""A reminder becomes one mail on real PostgreSQL, however often its event comes."""

from datetime import timedelta

import psycopg
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from integration.auth.conftest import Running, bearer
from nats.aio.msg import Msg

from auth_service.clients.letters import TemplateLetters
from auth_service.consumers import reminders
from auth_service.storage.unit_of_work import StoredWork, units_of_work
from auth_service.use_cases.mailing import MailDelivery
from auth_service.use_cases.reminding import Reminding
from littlemonster.auth.v1 import user_service_pb2 as user_pb2
from littlemonster.planner.v1.planner_events_pb2 import PlannerReminderDue
from servicekit.ids import new_id
from servicekit.messaging.broker import Broker
from servicekit.messaging.consumer import Consumer


@pytest.fixture
def consumer(running: Running) -> Consumer:
    reminding = Reminding(running.clock, new_id)
    unused = Broker("nats://127.0.0.1:1", name="test")  # events are handed over by the tests
    return reminders(unused, running.database, lambda due, held: reminding.mail(StoredWork(held), due))


def _due(user_id: str, event_id: str) -> Msg:
    due = PlannerReminderDue(
        event_id=new_id(),
        user_id=user_id,
        title="Algebra",
        start_time=Timestamp(seconds=2_000_000_000),
        time_zone="Europe/Berlin",
        late=True,
    )
    return Msg(None, subject="planner.reminder_due", data=due.SerializeToString(), headers={"ce-id": event_id})


def _mails(running: Running) -> list[tuple[str, dict[str, str]]]:
    with psycopg.connect(running.urls.owner) as connection:
        connection.execute("SELECT set_config('lm.role', 'SERVICE', true)")
        return connection.execute("SELECT recipient, details FROM mails WHERE kind = 'REMINDER'").fetchall()


async def test_an_event_that_comes_three_times_is_mailed_once(running, consumer) -> None:
    await running.verified()
    user_id = (await running.log_in()).user_id
    event_id = new_id()
    for _ in range(3):
        await consumer.apply(_due(user_id, event_id))
    await consumer.apply(_due(user_id, new_id()))
    details = {"title": "Algebra", "when": "Wednesday, 18 May 2033, 05:33 (Europe/Berlin)", "late": "late"}
    assert _mails(running) == [(running.email, details)] * 2


async def test_the_letter_reaches_the_mail_system_once(running, consumer) -> None:
    await running.verified()
    await consumer.apply(_due((await running.log_in()).user_id, new_id()))
    letters = TemplateLetters("https://school.example.org")
    delivery = MailDelivery(units_of_work(running.database), letters, running.mailer, running.clock)
    running.mailer.taken.clear()
    for _ in range(3):
        await delivery.deliver_due()
        running.clock.advance(timedelta(minutes=10))
    ((_, letter),) = running.mailer.taken
    assert (letter.recipient, letter.subject) == (running.email, "Reminder: Algebra")
    assert "comes late" in letter.text


@pytest.mark.parametrize("switch", ["email_updates", "notifications_enabled"])
async def test_who_has_switched_it_off_gets_no_mail(running, consumer, switch) -> None:
    await running.verified()
    tokens = await running.log_in()
    request = user_pb2.UpdatePreferencesRequest(**{switch: False})
    await running.users.UpdatePreferences(request, metadata=bearer(tokens))
    await consumer.apply(_due(tokens.user_id, new_id()))
    assert _mails(running) == []
