"""Letters from Jinja2 templates: each kind has a text and an HTML part. Names people chose for themselves are not in them:
anybody can register somebody else's address, and our letters must not carry a stranger's words. A reminder tells the owner
of a confirmed address what they wrote themselves; where a letter names another address, that has the characters of one."""

from collections.abc import Mapping
from datetime import timedelta

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from auth_service.domain.accounts import MailKind
from auth_service.domain.mails import Letter, Mail

_SUBJECTS = {
    MailKind.VERIFY_EMAIL: "Confirm your e-mail address",
    MailKind.ACCOUNT_OPENED: "Your account is open",
    MailKind.ALREADY_REGISTERED: "You already have an account",
    MailKind.RESET_PASSWORD: "Choose a new password",
    MailKind.PASSWORD_CHANGED: "Your password was changed",
    MailKind.CONFIRM_NEW_EMAIL: "Confirm your new e-mail address",
    MailKind.CONFIRM_PRESENT_EMAIL: "Shall your account get another e-mail address?",
    MailKind.EMAIL_CHANGED: "Your e-mail address was changed",
    MailKind.TOTP_ENABLED: "Signing in needs a code now",
    MailKind.TOTP_DISABLED: "Signing in needs no code any more",
    MailKind.REMINDER: "Reminder: {title}",
    MailKind.ERASURE_SCHEDULED: "Your account will be erased",
    MailKind.ERASURE_CANCELLED: "Your account stays",
    MailKind.ACCOUNT_ERASED: "Your account is erased",
}


class TemplateLetters:
    """See ports.Letters. The token stands alone on one line of the text part."""

    def __init__(self, public_url: str, erasure_grace: timedelta = timedelta(hours=24)) -> None:
        """`erasure_grace` is how long people have to come back, as the letter tells them."""
        self._grace = _in_words(erasure_grace)
        self._public_url = public_url.rstrip("/")
        self._templates = Environment(
            loader=PackageLoader("auth_service.clients"),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            keep_trailing_newline=True,
        )

    def write(self, mail: Mail, token: str | None) -> Letter:
        """The letter of the mail's kind with its details."""
        subject = _SUBJECTS[mail.kind].format_map(mail.details)
        ours = {"subject": subject, "token": token, "public_url": self._public_url, "grace": self._grace}
        shown = {**mail.details, **ours}
        return Letter(
            mail.recipient, subject, self._part(mail.kind, "txt", shown), self._part(mail.kind, "html", shown)
        )

    def _part(self, kind: MailKind, suffix: str, shown: Mapping[str, str | None]) -> str:
        return self._templates.get_template(f"{kind.value.lower()}.{suffix}").render(shown)


def _in_words(time: timedelta) -> str:
    """In the largest unit that leaves no rest, such as "24 hours"."""
    for seconds, unit in ((3600, "hour"), (60, "minute")):
        if time and not time % timedelta(seconds=seconds):
            number = time // timedelta(seconds=seconds)
            return f"{number} {unit}{'' if number == 1 else 's'}"
    return f"{time.total_seconds():g} seconds"
