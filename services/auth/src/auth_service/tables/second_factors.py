"""Second factors."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, ForeignKey, LargeBinary, Uuid
from sqlmodel import Field

from auth_service.tables.base import Base, owner_column, time_column


class Totp(Base, table=True):
    """Enrolled one-time-code apps; the secret is encrypted, codes of steps up to `last_step` are spent."""

    __tablename__ = "totp"

    user_id: UUID = Field(sa_column=Column(Uuid, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True))
    sealed_secret: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    create_time: datetime = Field(sa_column=time_column())
    confirm_time: datetime | None = Field(sa_column=time_column(nullable=True))
    last_step: int = Field(sa_column=Column(BigInteger, nullable=False))


class RecoveryCodes(Base, table=True):
    """Recovery codes that can still replace an app; `digest` is the SHA-256 of account and code."""

    __tablename__ = "recovery_codes"

    digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    user_id: UUID = Field(sa_column=owner_column())


class MfaChallenges(Base, table=True):
    """Sign-ins that wait for a code; `digest` is the SHA-256 of their token."""

    __tablename__ = "mfa_challenges"

    digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    user_id: UUID = Field(sa_column=owner_column())
    expire_time: datetime = Field(sa_column=time_column())
    tries: int
