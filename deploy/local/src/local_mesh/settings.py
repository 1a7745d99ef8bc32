"""What the person at the terminal may choose, read once from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local_mesh.errors import MeshError

DEFAULT_PORT = 8080
_HIGHEST_PORT = 65_535
_MOST_PROXIES = 9
_OF_SERVICES = ("LM_", "AWS_", "OTEL_")


@dataclass(frozen=True, slots=True)
class MeshSettings:
    """The mesh's own settings; an external server's URL replaces the embedded one."""

    home: Path
    """LM_HOME: the state folder."""
    gateway_port: int = DEFAULT_PORT
    """LM_GATEWAY_PORT: where the gateway listens on loopback; 0 takes a free port."""
    gateway_rate: int | None = None
    """LM_GATEWAY_RATE: requests per second one client may send; the gateway's own default when unset."""
    gateway_trusted_proxies: int = 0
    """LM_GATEWAY_TRUSTED_PROXIES: how many proxies stand before the gateway, so that their X-Forwarded-For is believed."""
    gateway_origins: tuple[str, ...] = ()
    """LM_GATEWAY_ORIGINS: origins of browser clients, separated by commas; the gateway's own default when unset."""
    postgres_url: str | None = field(default=None, repr=False)
    """LM_POSTGRES_URL: a role that may create roles and databases."""
    nats_url: str | None = field(default=None, repr=False)
    """LM_NATS_URL: a server with JetStream."""
    redis_url: str | None = field(default=None, repr=False)
    """LM_REDIS_URL."""
    smtp_url: str | None = field(default=None, repr=False)
    """LM_SMTP_URL: smtp://host:port."""
    otlp_endpoint: str | None = None
    """OTEL_EXPORTER_OTLP_ENDPOINT: where traces and metrics go; nowhere when unset."""
    log_level: str = "INFO"
    """LM_LOG_LEVEL of every service."""
    public_url: str | None = None
    """LM_PUBLIC_URL: the gateway's address as people reach it; the one on loopback when unset."""
    services: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The environment itself, of which each service is handed what it reads; see choices.py."""

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> "MeshSettings":
        """The settings the environment holds. Raises MeshError naming the variable to correct."""
        return cls(
            home=Path(environment.get("LM_HOME") or ".local").absolute(),
            gateway_port=_port(environment.get("LM_GATEWAY_PORT") or str(DEFAULT_PORT)),
            gateway_rate=_rate(environment.get("LM_GATEWAY_RATE")),
            gateway_trusted_proxies=_proxies(environment.get("LM_GATEWAY_TRUSTED_PROXIES") or "0"),
            gateway_origins=_origins(environment.get("LM_GATEWAY_ORIGINS") or ""),
            postgres_url=_url(environment, "LM_POSTGRES_URL", ("postgresql", "postgres")),
            nats_url=_url(environment, "LM_NATS_URL", ("nats", "tls")),
            redis_url=_url(environment, "LM_REDIS_URL", ("redis", "rediss", "unix")),
            smtp_url=_url(environment, "LM_SMTP_URL", ("smtp", "smtps")),
            otlp_endpoint=environment.get("OTEL_EXPORTER_OTLP_ENDPOINT") or None,
            log_level=environment.get("LM_LOG_LEVEL") or "INFO",
            public_url=_url(environment, "LM_PUBLIC_URL", ("https", "http")),
            services={name: text for name, text in environment.items() if name.startswith(_OF_SERVICES)},
        )


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > _HIGHEST_PORT:
        raise MeshError(f"LM_GATEWAY_PORT is {text!r}. Set it to a number from 0 (a free port) to {_HIGHEST_PORT}.")
    return int(text)


def _rate(text: str | None) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or int(text) == 0:
        raise MeshError(
            f"LM_GATEWAY_RATE is {text!r}. Set it to a positive number of requests per second, or unset it."
        )
    return int(text)


def _proxies(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or int(text) > _MOST_PROXIES:
        raise MeshError(f"LM_GATEWAY_TRUSTED_PROXIES is {text!r}. Set it to a number from 0 to {_MOST_PROXIES}.")
    return int(text)


def _origins(text: str) -> tuple[str, ...]:
    if not text:
        return ()
    from gateway.settings import origins  # seldom needed, and not loaded in a moment

    try:
        return origins(text)
    except ValueError as error:
        raise MeshError(f"LM_GATEWAY_ORIGINS: {error}") from None


def _url(environment: Mapping[str, str], variable: str, schemes: tuple[str, ...]) -> str | None:
    url = environment.get(variable)
    if not url:
        return None
    if not url.startswith(tuple(f"{scheme}://" for scheme in schemes)):
        raise MeshError(f"{variable} is not an address. Set it to {schemes[0]}://…, or unset it.")
    return url
