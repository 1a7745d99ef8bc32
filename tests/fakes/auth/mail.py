"""A mail system in memory."""

from auth_service.domain.mails import Letter, Mail, Refusal


class MemoryMailer:
    """See ports.Mailer. Takes every letter while `refusal` is None; addresses in `rejected` do not exist."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, Letter]] = []
        self.refusal: Refusal | None = None
        self.rejected: set[str] = set()

    async def send(self, mail_id: str, letter: Letter) -> Refusal | None:
        if letter.recipient in self.rejected:
            return Refusal("550 No such mailbox", permanent=True)
        if self.refusal is None:
            self.taken.append((mail_id, letter))
        return self.refusal


class PlainLetters:
    """See ports.Letters. The text is the token."""

    def write(self, mail: Mail, token: str | None) -> Letter:
        return Letter(mail.recipient, mail.kind.value, token or "", f"<p>{token or ''}</p>")
