"""What auth's processes are told by their environment; the worker is not told where the signing key is."""

from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from servicekit.settings import ServiceSettings


def _with_address(mailbox: str) -> str:
    if "@" not in parseaddr(mailbox)[1]:
        raise ValueError("must be a mailbox such as 'Little Monster <no-reply@example.org>'")
    return mailbox


class PeerSettings(ServiceSettings):
    """Where the other services are: the API asks them for their health, the worker for what they hold of a person."""

    content_address: str = "127.0.0.1:50052"
    """host:port of the content service."""

    community_address: str = "127.0.0.1:50053"
    """host:port of the community service."""

    planner_address: str = "127.0.0.1:50054"
    """host:port of the planner service."""

    inference_address: str = "127.0.0.1:50055"
    """host:port of the inference service."""


class ApiSettings(PeerSettings):
    """Settings of the gRPC server."""

    signing_keys_dir: Path
    """Folder with the Ed25519 keys that sign access tokens: PEM files readable by their owner alone. It may change meanwhile."""

    vault_key_file: Path
    """File with the keys that encrypt one-time-code secrets, one a line, the newest first; readable by its owner alone."""

    redis_url: SecretStr = SecretStr("redis://127.0.0.1:6379/0")
    """Address of Valkey, or of Redis 7.2 or newer, with its password; failed sign-ins are counted there."""

    password_threads: int = Field(default=2, ge=1, le=64)
    """Passwords hashed at the same time, and as many checked; each takes 64 MiB while it lasts."""


class WorkerSettings(PeerSettings):
    """Settings of the mail sender and event relay."""

    smtp_url: SecretStr = SecretStr("smtp://127.0.0.1:25")
    """smtp://[user:password@]host:port, or smtps:// for TLS from the start; with a password TLS is demanded."""

    mail_from: Annotated[str, AfterValidator(_with_address)] = "Little Monster <no-reply@littlemonster.invalid>"
    """The mailbox letters come from."""

    public_url: str = "http://127.0.0.1:8080"
    """The gateway's address as people reach it, for links in letters."""

    erasure_grace: timedelta = Field(default=timedelta(hours=24), ge=timedelta(0), le=timedelta(days=30))
    """How long people who asked for their account to be erased can come back by signing in, such as "24:00:00"."""

    registration_lifetime: timedelta = Field(default=timedelta(days=7), ge=timedelta(hours=24), le=timedelta(days=90))
    """How long a registration waits for somebody to confirm its address before it is deleted."""

    export_lifetime: timedelta = Field(default=timedelta(hours=24), ge=timedelta(hours=24), le=timedelta(days=7))
    """How long the archive of somebody's data can be fetched before it is deleted."""
