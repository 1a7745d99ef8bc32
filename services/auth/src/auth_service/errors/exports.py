"""Failures about what people take along."""

from datetime import datetime, timedelta

from servicekit.errors import FailedPrecondition, NotFound, ResourceExhausted


class ExportNotFound(NotFound):
    """The caller has no such export (any more)."""

    reason = "EXPORT_NOT_FOUND"
    message = "You have no export {export}. Begin one with POST /v1/users/me:export; it is kept for a day."


class ExportLinkInvalid(NotFound):
    """The link is not one that was given out, has expired, or was replaced; which of them is not said."""

    reason = "EXPORT_LINK_INVALID"
    message = (
        "That link is not complete or works no more. Get another with GET /v1/users/me/exports/{export}, "
        "or begin a new export with POST /v1/users/me:export."
    )


class TooManyExports(ResourceExhausted):
    """The account has begun as many exports as one may have in a day."""

    reason = "TOO_MANY_EXPORTS"
    message = (
        "You have begun as many exports as one account may in a day. Take one you have, or wait {minutes} minutes."
    )

    @classmethod
    def until(cls, time: datetime, now: datetime) -> "TooManyExports":
        """The refusal that says when the next may begin."""
        wait = max(time - now, timedelta(seconds=1))
        return cls(retry_after=wait, minutes=str(max(1, round(wait.total_seconds() / 60))))


class ArchiveTooLarge(FailedPrecondition):
    """There is more of the person's data than an archive may hold."""

    reason = "ARCHIVE_TOO_LARGE"
    message = "There is more data than fits into one archive. Ask an administrator of your school for it."
