"""The mail outbox, and wishes for mail."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from auth_service.tables.base import Base, part_of, text_column, time_column

_KINDS = (
    "'VERIFY_EMAIL', 'ACCOUNT_OPENED', 'ALREADY_REGISTERED', 'RESET_PASSWORD', 'PASSWORD_CHANGED', "
    "'TOTP_ENABLED', 'TOTP_DISABLED', 'CONFIRM_NEW_EMAIL', 'CONFIRM_PRESENT_EMAIL', 'EMAIL_CHANGED', "
    "'ERASURE_SCHEDULED', 'ERASURE_CANCELLED', 'ACCOUNT_ERASED', 'REMINDER'"
)


class Mails(Base, table=True):
    """The mail outbox; `due_time` is when the next try may begin. One to confirm an address is a
    registration's until that is an account; the last letter to an erased account is nobody's."""

    __tablename__ = "mails"
    __table_args__ = (
        CheckConstraint(f"kind IN ({_KINDS})", name="mails_kind"),
        CheckConstraint("status IN ('PENDING', 'SENT', 'ABANDONED')", name="mails_status"),
        Index("mails_due", "due_time", postgresql_where=text("status = 'PENDING'")),
    )

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    user_id: UUID | None = Field(sa_column=part_of("users"))
    kind: str = Field(sa_column=text_column())
    recipient: str = Field(sa_column=text_column())
    status: str = Field(sa_column=text_column())
    attempts: int
    due_time: datetime = Field(sa_column=time_column())
    last_error: str = Field(sa_column=text_column())
    create_time: datetime = Field(sa_column=time_column())
    details: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False, server_default=text("'{}'")))
    registration_id: UUID | None = Field(sa_column=part_of("registrations"))


class MailRequests(Base, table=True):
    """Wishes for mail to an address that may be nobody's; the worker decides about them within a second."""

    __tablename__ = "mail_requests"
    __table_args__ = (CheckConstraint("kind IN ('VERIFY_EMAIL', 'RESET_PASSWORD')", name="mail_requests_kind"),)

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    kind: str = Field(sa_column=text_column())
    email: str = Field(sa_column=text_column())
    create_time: datetime = Field(sa_column=time_column())
    registration_id: UUID | None = Field(sa_column=Column(Uuid))
