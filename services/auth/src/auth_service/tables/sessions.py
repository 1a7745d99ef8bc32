"""Signed-in devices and their refresh tokens."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, DateTime, ForeignKey, LargeBinary, SmallInteger, Uuid, func, text
from sqlmodel import Field

from auth_service.tables.base import Base, owner_column, text_column, time_column


class Sessions(Base, table=True):
    """Signed-in devices; `generation` is that of the one refresh token that is good, `aal` is 2 after a second factor."""

    __tablename__ = "sessions"

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    user_id: UUID = Field(sa_column=owner_column())
    generation: int
    user_agent: str = Field(sa_column=text_column())
    create_time: datetime = Field(sa_column=time_column())
    last_used_time: datetime = Field(sa_column=time_column())
    revoke_time: datetime | None = Field(sa_column=time_column(nullable=True))
    successor_salt: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    # With defaults, so that the version before can still add rows beside this one.
    auth_time: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False, server_default=func.now()))
    aal: int = Field(sa_column=Column(SmallInteger, nullable=False, server_default=text("1")))


class RefreshTokens(Base, table=True):
    """Refresh tokens given out, spent ones too; `digest` is the SHA-256 of the text."""

    __tablename__ = "refresh_tokens"

    digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    session_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False, index=True)
    )
    user_id: UUID = Field(sa_column=owner_column())
    generation: int
