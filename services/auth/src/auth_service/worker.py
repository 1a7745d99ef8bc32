"""Auth's background process: sends mails, relays events, and tells every process which sessions ended."""

from auth_service.clients.letters import TemplateLetters
from auth_service.clients.smtp import SmtpMailer
from auth_service.consumers import MailQueue, revocations
from auth_service.settings import WorkerSettings
from auth_service.storage.unit_of_work import units_of_work
from auth_service.use_cases.mailing import MailDelivery
from servicekit.clock import utc_now
from servicekit.kit import Kit, run
from servicekit.messaging.relay import Relay


async def work(kit: Kit[WorkerSettings]) -> None:
    """This process, until it is told to stop; it serves nothing but its health."""
    settings = kit.settings
    letters = TemplateLetters(settings.public_url)
    mailer = SmtpMailer(settings.smtp_url.get_secret_value(), settings.mail_from, utc_now)
    database, broker = await kit.database(), await kit.broker()
    delivery = MailDelivery(units_of_work(database), letters, mailer, utc_now)
    kit.background(MailQueue(delivery.deliver_due).run())
    kit.background(Relay(broker, database).run())
    kit.background(revocations(broker, database).run())
    await kit.serve()


if __name__ == "__main__":
    run("auth", WorkerSettings, work)
