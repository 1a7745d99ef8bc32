"""What sign-ins are counted against."""

import pytest

from auth_service.domain.attempts import client_network, sign_in_budgets


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", None),
        ("unix:", None),
        ("192.0.2.7:5000", None),
        ("x" * 1_000_000, None),
        ("192.0.2.7\x00", None),
    ],
)
def test_a_client_is_told_by_what_it_cannot_choose_freely(address: str, network: str | None) -> None:
    assert client_network(address) == network


def test_a_sign_in_counts_against_its_account_and_its_network() -> None:
    account, network = sign_in_budgets("ada@example.org", "192.0.2.7")
    assert account.key.startswith("account:")
    assert network.key == "network:192.0.2.7"
    assert network.limit > account.limit


def test_without_a_network_only_the_account_counts() -> None:
    assert len(sign_in_budgets("ada@example.org", "")) == 1


def test_a_counter_s_name_does_not_show_the_address() -> None:
    (account,) = sign_in_budgets("ada@example.org", "")
    assert "ada" not in account.key
