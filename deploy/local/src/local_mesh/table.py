"""The one table of what runs: every process of the mesh, its environment and what it waits for."""

import asyncio
import sys
from dataclasses import dataclass, replace
from functools import cached_property

from local_mesh import gateway_file, keys
from local_mesh.addresses import API_SERVICES, WORKERS, Addresses
from local_mesh.choices import chosen
from local_mesh.environment import child_environment
from local_mesh.forking import Forking
from local_mesh.home import Home
from local_mesh.ports import LOOPBACK
from local_mesh.process import Process
from local_mesh.readiness import grpc_health
from local_mesh.servers import databases
from local_mesh.servers.envoy import Envoy
from local_mesh.servers.nats import Nats
from local_mesh.servers.postgres import Postgres
from local_mesh.servers.redis import Redis
from local_mesh.servers.smtp import MailCatcher
from local_mesh.settings import MeshSettings

MIGRATION = "migration"
_THROUGH_TO_AUTH = "/.well-known/jwks.json"  # public, and answered only when the whole way to a service works
_DRAIN_SECONDS = "2"


@dataclass(frozen=True)
class Table:
    """Builds the processes of one run from the settings and the chosen ports."""

    home: Home
    settings: MeshSettings
    addresses: Addresses
    forking: Forking

    def processes(self) -> list[Process]:
        """All of them; an external server's embedded twin is left out. Raises WheelMissing."""
        return [
            *self._servers(),
            self.forking.process(),
            self._migration(),
            *(self._service(name) for name in (*API_SERVICES, *WORKERS)),
            self._gateway(),
        ]

    @cached_property
    def postgres_url(self) -> str:
        """The provisioning role's URL."""
        return self.settings.postgres_url or self._postgres.socket_url

    @property
    def _postgres(self) -> Postgres:
        port = self.addresses.ports["postgres"]
        return Postgres(self.home.data / "postgres", self.home.logs / "initdb.log", port, self.home.credentials)

    @property
    def _nats(self) -> Nats:
        return Nats(self.home.data / "nats", self.addresses.ports["nats"], self.home.credentials)

    @property
    def _redis(self) -> Redis:
        return Redis(self.home.data / "redis", self.addresses.ports["redis"], self.home.credentials)

    @property
    def _mail(self) -> MailCatcher:
        return MailCatcher(self.home.mail, self.addresses.ports["smtp"])

    def _servers(self) -> list[Process]:
        choices = (
            (self.settings.postgres_url, self._postgres),
            (self.settings.nats_url, self._nats),
            (self.settings.redis_url, self._redis),
            (self.settings.smtp_url, self._mail),
        )
        return [server.process() for external, server in choices if external is None]

    def _migration(self) -> Process:
        return Process(
            name=MIGRATION,
            command=(sys.executable, "-m", "local_mesh.migration", "--secrets", str(self.home.credentials.folder)),
            environment=child_environment(
                LM_POSTGRES_URL=self.postgres_url, LM_NATS_URL=self.settings.nats_url or self._nats.url
            ),
            depends_on=frozenset({Forking.NAME}),  # not on the servers, for which it waits by itself while it imports
            starter=self.forking.start,
            one_shot=True,
        )

    def _gateway(self) -> Process:
        async def write_configuration() -> None:
            await asyncio.to_thread(gateway_file.write, self.home, self.settings, self.addresses)

        envoy = Envoy(gateway_file.path(self.home), self.addresses.ports["gateway"], _THROUGH_TO_AUTH)
        return replace(envoy.process(), prepare=write_configuration)

    def _service(self, name: str) -> Process:
        service, _, worker = name.partition("-")
        needs = {server.name for server in self._servers()} | {Forking.NAME, MIGRATION}
        return Process(
            name=name,
            command=(sys.executable, "-m", f"{service}_service.{worker or 'main'}"),
            environment=child_environment(**self._variables(name, service)),
            ready=grpc_health(LOOPBACK, self.addresses.ports[name]),
            depends_on=frozenset(needs),
            starter=self.forking.start,
        )

    def _variables(self, name: str, service: str) -> dict[str, str]:
        """What the process is told; only what its service needs to know."""
        variables = {
            "LM_LISTEN": self.addresses.of(name),
            "LM_NATS_URL": self.settings.nats_url or self._nats.url_of(service),
            "LM_SERVICE_KEY_FILE": str(keys.key_file(self.home.keys, service)),
            "LM_SERVICE_KEYS_FILE": str(self.home.keys / keys.PUBLIC_KEYS),
            "LM_MEDIA_DIR": str(self.home.media),
            "LM_PUBLIC_URL": self.settings.public_url or self.addresses.gateway_url,
            "LM_DRAIN_SECONDS": _DRAIN_SECONDS,
            "LM_LOG_LEVEL": self.settings.log_level,
        }
        # OpenTelemetry's own settings, such as a collector's headers; only the name is the mesh's to say.
        variables |= {key: text for key, text in self.settings.services.items() if key.startswith("OTEL_")}
        variables["OTEL_SERVICE_NAME"] = name
        variables |= {f"LM_{api.upper()}_ADDRESS": self.addresses.of(api) for api in API_SERVICES}
        if service in databases.SERVICES:
            variables["LM_DATABASE_URL"] = databases.urls(self.postgres_url, service, self.home.credentials).app
        if name == "auth-worker":
            variables["LM_SMTP_URL"] = self.settings.smtp_url or self._mail.url
        if name == "auth":
            variables["LM_REDIS_URL"] = self.settings.redis_url or self._redis.url_of("auth")
            variables["LM_VAULT_KEY_FILE"] = str(self.home.keys / keys.VAULT_KEY)
            variables["LM_SIGNING_KEYS_DIR"] = str(self.home.keys / keys.SIGNING_KEYS)
        if self.settings.otlp_endpoint is not None:
            variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = self.settings.otlp_endpoint
        models = {"LM_MODELS_DIR": str(self.home.models)} if name == "inference" else {}
        return models | chosen(name, self.settings.services) | variables
