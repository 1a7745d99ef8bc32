"""How the services are."""

from typing import Protocol

from auth_service.domain.health import ServiceHealth


class HealthProbe(Protocol):
    """Asks one service how it is."""

    async def check(self) -> ServiceHealth:
        """Its state, within a second; never fails: a service that does not answer is UNREACHABLE."""
        ...
