"""Auth's background process: mails, the outbox, ended sessions, the audit log's seal, accounts that leave, tidying up."""

from auth_service.clients.letters import TemplateLetters
from auth_service.clients.smtp import SmtpMailer
from auth_service.consumers import Chore, receipts, revocations
from auth_service.settings import WorkerSettings
from auth_service.storage.erasures import StoredErasures
from auth_service.storage.leftovers import StoredLeftovers
from auth_service.storage.unit_of_work import StoredWork, units_of_work
from auth_service.use_cases.audit_log import AuditSealing
from auth_service.use_cases.erasure import Erasing
from auth_service.use_cases.housekeeping import Housekeeping
from auth_service.use_cases.mailing import MailDelivery
from servicekit.clock import utc_now
from servicekit.kit import Kit, run
from servicekit.messaging.relay import Relay

_SWEEP_SECONDS = 60.0


async def serve(kit: Kit[WorkerSettings]) -> None:
    """This process, until it is told to stop; it serves nothing but its health."""
    settings = kit.settings
    letters = TemplateLetters(settings.public_url, settings.erasure_grace)
    mailer = SmtpMailer(settings.smtp_url.get_secret_value(), settings.mail_from, utc_now)
    database, broker = await kit.database(), await kit.broker()
    work = units_of_work(database)
    delivery = MailDelivery(work, letters, mailer, utc_now)
    housekeeping = Housekeeping(StoredLeftovers(database), utc_now)
    kit.background(Chore(delivery.deliver_due, name="mail delivery").run())
    kit.background(Chore(housekeeping.sweep, name="housekeeping", poll_seconds=_SWEEP_SECONDS).run())
    kit.background(Chore(AuditSealing(work).seal, name="audit sealing").run())
    erasing = Erasing(StoredErasures(database), work, utc_now, settings.erasure_grace)
    kit.background(Chore(erasing.erase_due, name="erasure").run())
    kit.background(Chore(erasing.ask_again, name="asking for receipts").run())
    kit.background(receipts(broker, database, StoredWork, utc_now).run())
    kit.background(Relay(broker, database).run())
    kit.background(revocations(broker, database).run())
    await kit.serve()


if __name__ == "__main__":
    run("auth", WorkerSettings, serve)
