"""Registrations that wait to be confirmed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Index, Uuid, text
from sqlmodel import Field

from auth_service.tables.base import Base, text_column, time_column


class Registrations(Base, table=True):
    """Registrations that nobody has confirmed; `id` becomes the account's. Kept alike whether or not the address has one.

    The password hashes of one address share their salt, so that a password finds its registration among them."""

    __tablename__ = "registrations"
    __table_args__ = (
        Index("registrations_email", "email", "id"),
        Index("registrations_password", "email", "password_hash"),
        Index(
            "registrations_request",
            "email",
            "request_id",
            unique=True,
            postgresql_where=text("request_id IS NOT NULL"),
        ),
        Index("registrations_create_time", "create_time"),
    )

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    email: str = Field(sa_column=text_column())
    display_name: str = Field(sa_column=text_column())
    password_hash: str = Field(sa_column=text_column())
    request_id: UUID | None = Field(sa_column=Column(Uuid))
    ip_address: str = Field(sa_column=text_column())
    create_time: datetime = Field(sa_column=time_column())
