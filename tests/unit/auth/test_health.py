"""When the system counts as healthy."""

import pytest

from auth_service.convert import auth as convert
from auth_service.domain.health import ServiceHealth, Status

UP = ServiceHealth("content", Status.SERVING, {"database": Status.SERVING})


@pytest.mark.parametrize(
    "sick",
    [
        ServiceHealth("content", Status.UNREACHABLE),
        ServiceHealth("content", Status.NOT_SERVING, {"database": Status.SERVING}),
        ServiceHealth("content", Status.SERVING, {"database": Status.SERVING, "broker": Status.NOT_SERVING}),
    ],
)
def test_one_sick_part_makes_the_system_unhealthy(sick: ServiceHealth) -> None:
    assert UP.healthy
    assert convert.system_health([UP, UP]).healthy
    assert not convert.system_health([UP, sick]).healthy


def test_the_report_names_each_part() -> None:
    (service,) = convert.system_health([UP]).services
    assert (service.name, service.status, dict(service.dependencies)) == ("content", "SERVING", {"database": "SERVING"})
