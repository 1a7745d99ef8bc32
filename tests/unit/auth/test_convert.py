"""Where the gateway says a call comes from."""

import pytest

from auth_service.convert import auth as convert
from auth_service.convert.auth import Metadata


@pytest.mark.parametrize(
    ("metadata", "address"),
    [
        (None, ""),
        ((), ""),
        ((("x-envoy-external-address", "192.0.2.7"), ("x-forwarded-for", "203.0.113.9")), "192.0.2.7"),
        ((("x-forwarded-for", "203.0.113.9, 192.0.2.7"),), "192.0.2.7"),
        ((("x-forwarded-for", "192.0.2.7"),), "192.0.2.7"),
        ((("x-forwarded-for-bin", b"192.0.2.7"),), ""),
    ],
)
def test_only_what_the_gateway_wrote_tells_the_address(metadata: Metadata, address: str) -> None:
    assert convert.client(metadata).address == address


def test_the_client_s_description_is_taken_over() -> None:
    assert convert.client((("user-agent", "browser"),)).user_agent == "browser"
