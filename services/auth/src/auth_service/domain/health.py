"""The state of the whole system, as its services report it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Status(StrEnum):
    """What a part of the system says about itself, or that it says nothing."""

    SERVING = "SERVING"
    NOT_SERVING = "NOT_SERVING"
    UNREACHABLE = "UNREACHABLE"


@dataclass(frozen=True, slots=True)
class ServiceHealth:
    """One service and what it depends on."""

    name: str
    status: Status
    dependencies: Mapping[str, Status] = field(default_factory=dict)

    @property
    def healthy(self) -> bool:
        """True when the service and everything it depends on is serving."""
        return all(status is Status.SERVING for status in (self.status, *self.dependencies.values()))
