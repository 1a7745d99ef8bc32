"""Second factors keep what they are given, in memory as in PostgreSQL."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from contract.auth.conftest import Store

from auth_service.domain.accounts import Registration, open_account
from auth_service.domain.second_factors import after_wrong_code, challenge, enrol, recovery_digest
from auth_service.use_cases.acting import AUTH
from servicekit.caller import acting_as
from servicekit.ids import new_id

NOW = datetime(2026, 3, 2, 9, 30, 0, 123456, tzinfo=UTC)


@pytest.fixture
async def ada(store: Store) -> AsyncIterator[str]:
    """Somebody's account."""
    account = open_account(new_id(), Registration("ada@example.org", "Ada", "hash", None), NOW)
    with acting_as(AUTH):
        async with store.unit_of_work() as work:
            assert await work.accounts.add(account)
        yield account.id


async def test_an_app_comes_back_as_it_was_and_a_second_replaces_it(store: Store, ada: str) -> None:
    first = enrol(ada, b"sealed", NOW)
    second = replace(first, sealed_secret=b"anew", confirm_time=NOW, last_step=60_000_000_000)
    async with store.unit_of_work() as work:
        assert await work.second_factors.totp(ada) is None
        await work.second_factors.save_totp(first)
        assert await work.second_factors.totp(ada) == first
        await work.second_factors.save_totp(second)
    async with store.unit_of_work() as work:
        assert await work.second_factors.totp(ada) == second


async def test_a_recovery_code_is_spent_once_by_its_account_until_others_replace_it(store: Store, ada: str) -> None:
    codes = [recovery_digest(ada, str(number)) for number in range(3)]
    async with store.unit_of_work() as work:
        await work.second_factors.replace_recovery_codes(ada, codes)
    async with store.unit_of_work() as work:
        assert not await work.second_factors.spend_recovery_code(new_id(), codes[0])
        assert await work.second_factors.spend_recovery_code(ada, codes[0])
        assert not await work.second_factors.spend_recovery_code(ada, codes[0])
        await work.second_factors.replace_recovery_codes(ada, codes[:1])
        assert not await work.second_factors.spend_recovery_code(ada, codes[1])
        assert await work.second_factors.spend_recovery_code(ada, codes[0])


async def test_a_sign_in_waits_for_its_code_and_counts_tries(store: Store, ada: str) -> None:
    waiting = challenge("secret", ada, NOW)
    async with store.unit_of_work() as work:
        assert await work.second_factors.challenge(waiting.digest) is None
        await work.second_factors.add_challenge(waiting)
        await work.second_factors.save_challenge(after_wrong_code(waiting))
    async with store.unit_of_work() as work:
        assert await work.second_factors.challenge(waiting.digest) == replace(waiting, tries=1)
        await work.second_factors.remove_challenges(new_id())
        assert await work.second_factors.challenge(waiting.digest)
        await work.second_factors.remove_challenges(ada)
        assert await work.second_factors.challenge(waiting.digest) is None


async def test_everything_of_an_account_is_removed_at_once(store: Store, ada: str) -> None:
    waiting, code = challenge("secret", ada, NOW), recovery_digest(ada, "code")
    async with store.unit_of_work() as work:
        await work.second_factors.save_totp(enrol(ada, b"sealed", NOW))
        await work.second_factors.replace_recovery_codes(ada, [code])
        await work.second_factors.add_challenge(waiting)
        await work.second_factors.remove(ada)
        assert await work.second_factors.totp(ada) is None
        assert await work.second_factors.challenge(waiting.digest) is None
        assert not await work.second_factors.spend_recovery_code(ada, code)


async def test_waits_for_codes_are_swept_when_they_are_over(store: Store, ada: str) -> None:
    waiting = challenge("secret", ada, NOW)
    async with store.unit_of_work() as work:
        await work.second_factors.add_challenge(waiting)
    assert await store.leftovers.remove_challenges(waiting.expire_time - timedelta(microseconds=1), 9) == 0
    assert await store.leftovers.remove_challenges(waiting.expire_time, 9) == 1
