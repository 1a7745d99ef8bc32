"""Auth's tables, the one source of its schema."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from servicekit.tables import add_messaging_tables

METADATA = MetaData()


class _Base(SQLModel, registry=registry(metadata=METADATA)):
    """Tables of this service alone: SQLModel's own metadata is shared by everything in the process."""


def _text() -> Column[str]:
    return Column(Text, nullable=False)


def _time(*, nullable: bool = False) -> Column[datetime]:
    return Column(DateTime(timezone=True), nullable=nullable)


def _owner() -> Column[UUID]:
    return Column(Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True)


class Users(_Base, table=True):
    """Accounts; `email` is normalised, `verify_time` is null until the address is confirmed."""

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("role IN ('STUDENT', 'MODERATOR', 'ADMIN')", name="users_role"),)

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    email: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    display_name: str = Field(sa_column=_text())
    password_hash: str = Field(sa_column=_text())
    role: str = Field(sa_column=_text())
    avatar_color: str = Field(sa_column=_text())
    subjects: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    registration_request_id: UUID | None = Field(sa_column=Column(Uuid))
    verify_time: datetime | None = Field(sa_column=_time(nullable=True))
    mail_time: datetime = Field(sa_column=_time())
    create_time: datetime = Field(sa_column=_time())
    last_active_time: datetime = Field(sa_column=_time())
    suspend_time: datetime | None = Field(sa_column=_time(nullable=True))


class Preferences(_Base, table=True):
    """What people changed about the product's look and behaviour; without a row the defaults hold."""

    __tablename__ = "preferences"

    user_id: UUID = Field(sa_column=Column(Uuid, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True))
    theme_accent: str = Field(sa_column=_text())
    lm_color: str = Field(sa_column=_text())
    notifications_enabled: bool
    email_updates: bool
    dark_mode: bool
    language: str = Field(sa_column=_text())
    time_zone: str = Field(sa_column=_text())


class Sessions(_Base, table=True):
    """Signed-in devices; `generation` is that of the one refresh token that is good, `aal` is 2 after a second factor."""

    __tablename__ = "sessions"

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    user_id: UUID = Field(sa_column=_owner())
    generation: int
    user_agent: str = Field(sa_column=_text())
    create_time: datetime = Field(sa_column=_time())
    last_used_time: datetime = Field(sa_column=_time())
    revoke_time: datetime | None = Field(sa_column=_time(nullable=True))
    successor_salt: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    # With defaults, so that the version before can still add rows beside this one.
    auth_time: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False, server_default=func.now()))
    aal: int = Field(sa_column=Column(SmallInteger, nullable=False, server_default=text("1")))


class RefreshTokens(_Base, table=True):
    """Refresh tokens given out, spent ones too; `digest` is the SHA-256 of the text."""

    __tablename__ = "refresh_tokens"

    digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    session_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False, index=True)
    )
    user_id: UUID = Field(sa_column=_owner())
    generation: int


_PURPOSES = "'VERIFY_EMAIL', 'RESET_PASSWORD', 'CONFIRM_NEW_EMAIL', 'CONFIRM_PRESENT_EMAIL'"


class MailedTokens(_Base, table=True):
    """Mailed tokens that confirm an address or reset a password; `digest` is the SHA-256 of the text."""

    __tablename__ = "mailed_tokens"
    __table_args__ = (CheckConstraint(f"purpose IN ({_PURPOSES})", name="mailed_tokens_purpose"),)

    digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    user_id: UUID = Field(sa_column=_owner())
    purpose: str = Field(sa_column=_text())
    expire_time: datetime = Field(sa_column=_time())


_KINDS = (
    "'VERIFY_EMAIL', 'ALREADY_REGISTERED', 'RESET_PASSWORD', 'PASSWORD_CHANGED', 'TOTP_ENABLED', 'TOTP_DISABLED', "
    "'CONFIRM_NEW_EMAIL', 'CONFIRM_PRESENT_EMAIL', 'EMAIL_CHANGED', "
    "'ERASURE_SCHEDULED', 'ERASURE_CANCELLED', 'ACCOUNT_ERASED', 'REMINDER'"
)


class Mails(_Base, table=True):
    """The mail outbox; `due_time` is when the next try may begin. The last letter to an erased account is nobody's."""

    __tablename__ = "mails"
    __table_args__ = (
        CheckConstraint(f"kind IN ({_KINDS})", name="mails_kind"),
        CheckConstraint("status IN ('PENDING', 'SENT', 'ABANDONED')", name="mails_status"),
        Index("mails_due", "due_time", postgresql_where=text("status = 'PENDING'")),
    )

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    user_id: UUID | None = Field(
        sa_column=Column(Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=True, index=True)
    )
    kind: str = Field(sa_column=_text())
    recipient: str = Field(sa_column=_text())
    status: str = Field(sa_column=_text())
    attempts: int
    due_time: datetime = Field(sa_column=_time())
    last_error: str = Field(sa_column=_text())
    create_time: datetime = Field(sa_column=_time())
    details: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False, server_default=text("'{}'")))


class EmailChanges(_Base, table=True):
    """Changes of e-mail addresses that wait for both addresses to agree."""

    __tablename__ = "email_changes"

    user_id: UUID = Field(sa_column=Column(Uuid, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True))
    new_email: str = Field(sa_column=_text())
    session_id: UUID = Field(sa_column=Column(Uuid, nullable=False))
    expire_time: datetime = Field(sa_column=_time())
    new_confirmed: bool
    present_confirmed: bool


class MailRequests(_Base, table=True):
    """Wishes for mail to an address that may be nobody's; the worker decides about them within a second."""

    __tablename__ = "mail_requests"
    __table_args__ = (CheckConstraint("kind IN ('VERIFY_EMAIL', 'RESET_PASSWORD')", name="mail_requests_kind"),)

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    kind: str = Field(sa_column=_text())
    email: str = Field(sa_column=_text())
    create_time: datetime = Field(sa_column=_time())


class Totp(_Base, table=True):
    """Enrolled one-time-code apps; the secret is encrypted, codes of steps up to `last_step` are spent."""

    __tablename__ = "totp"

    user_id: UUID = Field(sa_column=Column(Uuid, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True))
    sealed_secret: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    create_time: datetime = Field(sa_column=_time())
    confirm_time: datetime | None = Field(sa_column=_time(nullable=True))
    last_step: int = Field(sa_column=Column(BigInteger, nullable=False))


class RecoveryCodes(_Base, table=True):
    """Recovery codes that can still replace an app; `digest` is the SHA-256 of account and code."""

    __tablename__ = "recovery_codes"

    digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    user_id: UUID = Field(sa_column=_owner())


class MfaChallenges(_Base, table=True):
    """Sign-ins that wait for a code; `digest` is the SHA-256 of their token."""

    __tablename__ = "mfa_challenges"

    digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    user_id: UUID = Field(sa_column=_owner())
    expire_time: datetime = Field(sa_column=_time())
    tries: int


class Erasures(_Base, table=True):
    """Accounts on their way out and those gone; the account itself may be, so nothing refers to it. See domain/erasure.py."""

    __tablename__ = "erasures"
    __table_args__ = (
        Index("erasures_waiting", "request_time", postgresql_where=text("delete_time IS NULL")),
        Index("erasures_silent", "announce_time", postgresql_where=text("announce_time IS NOT NULL")),
    )

    user_id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    request_time: datetime = Field(sa_column=_time())
    delete_time: datetime | None = Field(sa_column=_time(nullable=True))
    finish_time: datetime | None = Field(sa_column=_time(nullable=True))
    email: str = Field(sa_column=_text())
    announcements: int
    announce_time: datetime | None = Field(sa_column=_time(nullable=True))


class ErasureReceipts(_Base, table=True):
    """Which service has erased what it held of an account, and how many rows that were."""

    __tablename__ = "erasure_receipts"

    user_id: UUID = Field(sa_column=Column(Uuid, ForeignKey("erasures.user_id", ondelete="CASCADE"), primary_key=True))
    service: str = Field(sa_column=Column(Text, primary_key=True))
    row_count: int
    receive_time: datetime = Field(sa_column=_time())


class Activities(_Base, table=True):
    """What people did over all services, told by events: one row for each video, comment, rating and completed event.

    `views` are those of a video; `time` is when an event was completed.
    """

    __tablename__ = "activities"
    __table_args__ = (
        CheckConstraint("kind IN ('VIDEO', 'COMMENT', 'RATING', 'COMPLETION')", name="activities_kind"),
        Index("activities_completions", "user_id", "time", postgresql_where=text("kind = 'COMPLETION'")),
    )

    user_id: UUID = Field(sa_column=Column(Uuid, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True))
    kind: str = Field(sa_column=Column(Text, primary_key=True))
    key: str = Field(sa_column=Column(Text, primary_key=True))
    version: int
    present: bool
    video_id: UUID | None = Field(sa_column=Column(Uuid))
    views: int
    time: datetime | None = Field(sa_column=_time(nullable=True))


class DeletedVideos(_Base, table=True):
    """Videos that are gone, with all that was said of them. Nobody owns these rows."""

    __tablename__ = "deleted_videos"

    video_id: UUID = Field(sa_column=Column(Uuid, primary_key=True))


class Exports(_Base, table=True):
    """What people take along; `secret` signs the links to the archive, which lies in `export_pieces`. See domain/exports.py."""

    __tablename__ = "exports"
    __table_args__ = (
        CheckConstraint("state IN ('GATHERING', 'READY', 'FAILED')", name="exports_state"),
        Index("exports_user_request", "user_id", "request_id", unique=True),
        # One account has one export in the making, whatever a race may try.
        Index("exports_gathering", "user_id", unique=True, postgresql_where=text("state = 'GATHERING'")),
        Index("exports_due", "due_time", postgresql_where=text("state = 'GATHERING'")),
    )

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    user_id: UUID = Field(sa_column=Column(Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=False))
    request_id: UUID | None = Field(sa_column=Column(Uuid))
    state: str = Field(sa_column=_text())
    secret: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    create_time: datetime = Field(sa_column=_time())
    due_time: datetime = Field(sa_column=_time())
    attempts: int
    reason: str = Field(sa_column=_text())
    size: int
    expire_time: datetime | None = Field(sa_column=_time(nullable=True))


class ExportPieces(_Base, table=True):
    """The archive of an export, cut into pieces of 256 KiB."""

    __tablename__ = "export_pieces"

    export_id: UUID = Field(sa_column=Column(Uuid, ForeignKey("exports.id", ondelete="CASCADE"), primary_key=True))
    number: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    user_id: UUID = Field(sa_column=_owner())
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class AuditEvents(_Base, table=True):
    """The audit log. The service's role may add and read; ids stay when an account goes, so nothing refers to accounts."""

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("audit_events_actor", "actor_id", "id"),
        Index("audit_events_subject", "subject_id", "id"),
    )

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    action: str = Field(sa_column=_text())
    actor_id: str = Field(sa_column=_text())
    subject_id: str = Field(sa_column=_text())
    ip_address: str = Field(sa_column=_text())
    outcome: str = Field(sa_column=_text())
    create_time: datetime = Field(sa_column=_time())


class AuditLinks(_Base, table=True):
    """The audit log's hash chain; `hash` is over the link before and the entry. The service's role may add and read."""

    __tablename__ = "audit_links"

    position: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    event_id: UUID = Field(sa_column=Column(Uuid, nullable=False, unique=True))
    hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class AuditQueue(_Base, table=True):
    """Entries of the audit log that are in no chain yet."""

    __tablename__ = "audit_queue"

    event_id: UUID = Field(sa_column=Column(Uuid, primary_key=True))


add_messaging_tables(METADATA)
