"""Auth's background process: mails, the outbox, ended sessions, the audit log's seal, accounts that leave, tidying up."""

from collections.abc import Sequence

from auth_service.clients.archives import ZipArchives
from auth_service.clients.letters import TemplateLetters
from auth_service.clients.personal_data import GrpcPersonalData, OwnPersonalData
from auth_service.clients.smtp import SmtpMailer
from auth_service.consumers import doings, receipts, reminders, revocations
from auth_service.ports import PersonalData
from auth_service.settings import WorkerSettings
from auth_service.storage.activities import ActivitiesInWork
from auth_service.storage.erasures import StoredErasures
from auth_service.storage.leftovers import StoredLeftovers
from auth_service.storage.personal_data import EVERYTHING
from auth_service.storage.unit_of_work import StoredWork, units_of_work
from auth_service.use_cases.audit_log import AuditSealing
from auth_service.use_cases.erasure import Erasing
from auth_service.use_cases.exports import Exporting
from auth_service.use_cases.housekeeping import Housekeeping
from auth_service.use_cases.mailing import MailDelivery
from auth_service.use_cases.reminding import Reminding
from servicekit.chore import Chore
from servicekit.clock import utc_now
from servicekit.database import Database
from servicekit.ids import new_id
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
    housekeeping = Housekeeping(StoredLeftovers(database), utc_now, settings.registration_lifetime)
    kit.background(Chore(delivery.deliver_due, name="mail delivery").run())
    kit.background(Chore(housekeeping.sweep, name="housekeeping", poll_seconds=_SWEEP_SECONDS).run())
    kit.background(Chore(AuditSealing(work).seal, name="audit sealing").run())
    erasing = Erasing(StoredErasures(database), work, utc_now, settings.erasure_grace)
    exporting = Exporting(work, sources(kit, database), ZipArchives(), utc_now, settings.export_lifetime)
    kit.background(Chore(exporting.gather_next, name="export").run())
    kit.background(Chore(erasing.erase_due, name="erasure").run())
    kit.background(Chore(erasing.ask_again, name="asking for receipts").run())
    kit.background(doings(broker, database, ActivitiesInWork).run())
    kit.background(receipts(broker, database, StoredWork, utc_now).run())
    kit.background(Relay(broker, database).run())
    kit.background(revocations(broker, database).run())
    reminding = Reminding(utc_now, new_id)
    kit.background(reminders(broker, database, lambda due, held: reminding.mail(StoredWork(held), due)).run())
    await kit.serve()


def sources(kit: Kit[WorkerSettings], database: Database) -> Sequence[PersonalData]:
    """Every service's part of an archive, in the order of its files."""
    settings = kit.settings
    peers = {
        "content": settings.content_address,
        "community": settings.community_address,
        "planner": settings.planner_address,
        "inference": settings.inference_address,
    }
    others = [GrpcPersonalData(name, kit.channel(address, name)) for name, address in peers.items()]
    return [OwnPersonalData(database, EVERYTHING), *others]


if __name__ == "__main__":
    run("auth", WorkerSettings, serve)
