"""What sign-ins are counted against."""

import ipaddress
from datetime import timedelta
from itertools import islice

import pytest

from auth_service.domain.attempts import (
    ACCOUNT_LIMIT,
    anonymous_budgets,
    change_budgets,
    client_network,
    client_site,
    reset_budgets,
    sign_in_budgets,
)
from auth_service.storage.attempts import LocalAttempts


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


@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("2001:db8:1:ffff::1", "2001:db8:1::/48"),
        ("::ffff:192.0.2.7", None),
        ("192.0.2.7", None),
        ("unix:", None),
    ],
)
def test_a_site_is_what_one_home_takes_its_networks_from(address: str, site: str | None) -> None:
    assert client_site(address) == site


@pytest.mark.parametrize("held", ["2001:db8:1:ff00::/56", "2001:db8:1::/48"])
async def test_who_guesses_from_every_network_of_a_site_locks_nobody_out_elsewhere(held: str) -> None:
    now = 0.0
    attempts = LocalAttempts(lambda: now)
    subnets = islice(ipaddress.ip_network(held).subnets(new_prefix=64), 2 * ACCOUNT_LIMIT)
    networks = [str(subnet[1]) for subnet in subnets]
    for minute in range(15):
        now = 60.0 * minute
        for client in networks:
            await attempts.reserve(sign_in_budgets("ada@example.org", client))
    for elsewhere in ("192.0.2.7", "2001:db8:2::1"):
        assert await attempts.reserve(sign_in_budgets("ada@example.org", elsewhere)) is None
    assert await attempts.reserve(sign_in_budgets("ada@example.org", networks[-1])) is not None
    assert await attempts.reserve(sign_in_budgets("bob@example.org", networks[-1])) is None


def test_the_owner_s_own_sign_in_gives_a_site_back_one_failure_alone() -> None:
    *_, site, account, _ = sign_in_budgets("ada@example.org", "2001:db8:1:2::1")
    assert site.key == f"{account.key}:2001:db8:1::/48"
    assert not site.clears
    assert 3 * site.limit < account.limit  # it takes four sites to reach everybody


def test_a_sign_in_counts_tightly_for_its_account_from_its_network_and_loosely_for_each() -> None:
    *steps, account, network = sign_in_budgets("ada@example.org", "192.0.2.7")
    assert network.key == "network:192.0.2.7"
    assert all(step.key.startswith(f"{account.key}:192.0.2.7:") for step in steps)
    assert max(step.limit for step in steps) < min(account.limit, network.limit)
    assert [budget.clears for budget in (*steps, account, network)] == [True] * len(steps) + [False, False]


def test_each_step_allows_more_failures_and_waits_longer() -> None:
    *steps, _ = sign_in_budgets("ada@example.org", "")
    assert len({step.key for step in steps}) == len(steps) == 3
    assert steps == sorted(steps, key=lambda step: (step.limit, step.window))
    assert steps[-1].window == timedelta(hours=1)


@pytest.mark.parametrize("client", ["192.0.2.7", "2001:db8:1:2::1"])
def test_a_mailed_token_clears_all_that_a_sign_in_counts_for_the_account(client: str) -> None:
    *own, network = sign_in_budgets("ada@example.org", client)
    cleared = reset_budgets("ada@example.org", client)
    assert [budget.key for budget in cleared] == [budget.key for budget in own]
    assert all(budget.clears for budget in cleared)
    assert network.key not in {budget.key for budget in cleared}


def test_another_network_shares_the_loose_budget_of_the_account_alone() -> None:
    here, there = (
        {budget.key for budget in sign_in_budgets("ada@example.org", client)} for client in ("192.0.2.7", "192.0.2.8")
    )
    (shared,) = here & there
    assert shared == sign_in_budgets("ada@example.org", "")[-1].key


def test_a_change_of_password_shares_no_budget_of_the_account_with_sign_ins() -> None:
    own, network = change_budgets("id", "192.0.2.7")
    assert own not in sign_in_budgets("id", "192.0.2.7")
    assert network in sign_in_budgets("ada@example.org", "192.0.2.7")


def test_without_a_network_only_the_account_counts() -> None:
    assert len(sign_in_budgets("ada@example.org", "")) == 4
    assert len(change_budgets("id", "")) == 1
    assert anonymous_budgets("") == ()


def test_a_counter_s_name_does_not_show_the_address() -> None:
    assert not any("ada" in budget.key for budget in sign_in_budgets("ada@example.org", ""))
