"""Accounts, what they prefer, and what was mailed to prove an address."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from auth_service.tables.base import Base, part_of, text_column, time_column


class Users(Base, table=True):
    """Accounts; `email` is normalised, `verify_time` is null in those that earlier versions opened unconfirmed."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("role IN ('STUDENT', 'MODERATOR', 'ADMIN')", name="users_role"),
        Index("users_unconfirmed", "create_time", postgresql_where=text("verify_time IS NULL")),
    )

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    email: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    display_name: str = Field(sa_column=text_column())
    password_hash: str = Field(sa_column=text_column())
    role: str = Field(sa_column=text_column())
    avatar_color: str = Field(sa_column=text_column())
    subjects: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    registration_request_id: UUID | None = Field(sa_column=Column(Uuid))
    verify_time: datetime | None = Field(sa_column=time_column(nullable=True))
    mail_time: datetime = Field(sa_column=time_column())
    create_time: datetime = Field(sa_column=time_column())
    last_active_time: datetime = Field(sa_column=time_column())
    suspend_time: datetime | None = Field(sa_column=time_column(nullable=True))


class Preferences(Base, table=True):
    """What people changed about the product's look and behaviour; without a row the defaults hold."""

    __tablename__ = "preferences"

    user_id: UUID = Field(sa_column=Column(Uuid, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True))
    theme_accent: str = Field(sa_column=text_column())
    lm_color: str = Field(sa_column=text_column())
    notifications_enabled: bool
    email_updates: bool
    dark_mode: bool
    language: str = Field(sa_column=text_column())
    time_zone: str = Field(sa_column=text_column())


_PURPOSES = "'VERIFY_EMAIL', 'RESET_PASSWORD', 'CONFIRM_NEW_EMAIL', 'CONFIRM_PRESENT_EMAIL'"


class MailedTokens(Base, table=True):
    """Mailed tokens that confirm an address or reset a password; `digest` is the SHA-256 of the text. Of an account, or
    of a registration."""

    __tablename__ = "mailed_tokens"
    __table_args__ = (
        CheckConstraint(f"purpose IN ({_PURPOSES})", name="mailed_tokens_purpose"),
        CheckConstraint("num_nonnulls(user_id, registration_id) = 1", name="mailed_tokens_holder"),
    )

    digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    user_id: UUID | None = Field(sa_column=part_of("users"))
    purpose: str = Field(sa_column=text_column())
    expire_time: datetime = Field(sa_column=time_column())
    registration_id: UUID | None = Field(sa_column=part_of("registrations"))


class EmailChanges(Base, table=True):
    """Changes of e-mail addresses that wait for both addresses to agree."""

    __tablename__ = "email_changes"

    user_id: UUID = Field(sa_column=Column(Uuid, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True))
    new_email: str = Field(sa_column=text_column())
    session_id: UUID = Field(sa_column=Column(Uuid, nullable=False))
    expire_time: datetime = Field(sa_column=time_column())
    new_confirmed: bool
    present_confirmed: bool
