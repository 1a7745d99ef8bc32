"""What sign-ins are counted against."""

from datetime import timedelta

import pytest

from auth_service.domain.attempts import (
    anonymous_budgets,
    change_budgets,
    client_network,
    reset_budgets,
    sign_in_budgets,
)


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


def test_a_mailed_token_clears_all_that_a_sign_in_counts_for_the_account() -> None:
    *own, network = sign_in_budgets("ada@example.org", "192.0.2.7")
    cleared = reset_budgets("ada@example.org", "192.0.2.7")
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
