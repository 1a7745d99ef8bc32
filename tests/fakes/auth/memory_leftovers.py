"""What nobody needs any more, in memory."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from auth_service.domain.erasure import RECEIPTS_KEPT
from auth_service.domain.mails import ABANDONED_KEPT, SENT_KEPT, MailStatus
from auth_service.domain.sessions import ENDED_KEPT, expire_time
from servicekit.caller import Role

if TYPE_CHECKING:
    from fakes.auth.memory import MemoryDatabase


class MemoryLeftovers:
    """See ports.Leftovers."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def remove_sessions(self, now: datetime, limit: int) -> int:
        tables = self._database.tables
        old = [
            session.id
            for session in tables.sessions.values()
            if now >= expire_time(session) or (session.revoke_time and now >= session.revoke_time + ENDED_KEPT)
        ][:limit]
        for each in old:
            del tables.sessions[each]
        kept = {digest: token for digest, token in tables.refresh_tokens.items() if token.session_id not in old}
        tables.refresh_tokens = kept
        return len(old)

    async def remove_mailed_tokens(self, now: datetime, limit: int) -> int:
        tokens = self._database.tables.tokens
        old = [digest for digest, token in tokens.items() if now >= token.expire_time][:limit]
        for each in old:
            del tokens[each]
        return len(old)

    async def remove_email_changes(self, now: datetime, limit: int) -> int:
        changes = self._database.tables.email_changes
        old = [user_id for user_id, change in changes.items() if now >= change.expire_time][:limit]
        for each in old:
            del changes[each]
        return len(old)

    async def remove_challenges(self, now: datetime, limit: int) -> int:
        challenges = self._database.tables.factors.challenges
        old = [digest for digest, waiting in challenges.items() if now >= waiting.expire_time][:limit]
        for each in old:
            del challenges[each]
        return len(old)

    async def remove_mails(self, now: datetime, limit: int) -> int:
        kept = {MailStatus.SENT: SENT_KEPT, MailStatus.ABANDONED: ABANDONED_KEPT}
        mails = self._database.tables.mails
        old = [m.id for m in mails.values() if m.status in kept and now >= m.create_time + kept[m.status]][:limit]
        for each in old:
            del mails[each]
        return len(old)

    async def remove_exports(self, now: datetime, limit: int) -> int:
        exports = self._database.tables.exports
        old = [each.id for each in exports.values() if each.expire_time and each.expire_time <= now][:limit]
        for each in old:
            del exports[each]
            self._database.tables.pieces.pop(each, None)
        return len(old)

    async def remove_erasures(self, now: datetime, limit: int) -> int:
        tables = self._database.tables
        old = [e.user_id for e in tables.erasures.values() if e.finish_time and now >= e.finish_time + RECEIPTS_KEPT]
        for each in old[:limit]:
            del tables.erasures[each]
        tables.receipts = {key: receipt for key, receipt in tables.receipts.items() if key[0] in tables.erasures}
        return len(old[:limit])

    async def remove_registrations(self, made_by: datetime, limit: int) -> int:
        tables = self._database.tables
        old = [each.id for each in tables.registrations.values() if each.create_time <= made_by][:limit]
        for each in old:
            del tables.registrations[each]
        tables.mails = {key: mail for key, mail in tables.mails.items() if mail.registration_id not in old}
        tables.tokens = {key: token for key, token in tables.tokens.items() if token.registration_id not in old}
        return len(old)

    async def remove_unconfirmed_accounts(self, made_by: datetime, limit: int) -> int:
        tables = self._database.tables
        waiting = [each for each in tables.accounts.values() if each.verify_time is None and each.role is Role.STUDENT]
        old = [each.id for each in waiting if each.create_time <= made_by][:limit]
        for each in old:
            del tables.accounts[each]
        tables.mails = {key: mail for key, mail in tables.mails.items() if mail.user_id not in old}
        tables.tokens = {key: token for key, token in tables.tokens.items() if token.user_id not in old}
        return len(old)
