"""What every process is told by its environment. One frozen class a service extends; validated at start."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """Settings every process has. Each is the environment variable LM_ + its name in upper case."""

    model_config = SettingsConfigDict(env_prefix="LM_", frozen=True, extra="ignore", use_attribute_docstrings=True)

    listen: str = "127.0.0.1:0"
    """Where the gRPC server listens, host:port; port 0 takes a free one."""

    database_url: SecretStr | None = None
    """PostgreSQL address with the runtime role: postgresql://role:password@host:port/database."""

    database_pool_size: int = Field(default=8, ge=1, le=100)
    """Most connections this process opens to its database."""

    nats_url: SecretStr = SecretStr("nats://127.0.0.1:4222")
    """NATS address, with the token or password in it."""

    service_key_file: Path
    """PEM file with this service's own Ed25519 key; it signs the tokens the service calls others with."""

    service_keys_file: Path
    """JSON Web Key Set with the public keys of all services; `kid` is the service's name."""

    auth_address: str = "127.0.0.1:50051"
    """host:port of the auth service, whose keys verify access tokens."""

    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    """Least severe level that is logged."""

    drain_seconds: float = Field(default=5.0, ge=0, le=60)
    """How long calls in flight may finish after SIGTERM."""
