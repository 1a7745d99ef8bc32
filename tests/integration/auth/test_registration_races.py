"""Registrations that are made, confirmed and swept at the same time, on a real PostgreSQL."""

import asyncio
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from integration.auth.conftest import PASSWORD, Running
from integration.auth.test_races import WAITS_FOR_A_ROW, count
from sqlalchemy import bindparam, update

from auth_service.clients.passwords import Argon2Passwords, Cost
from auth_service.domain.accounts import Registration, confirm, open_account
from auth_service.domain.registrations import MOST_MAILS, MOST_WAITING, account_of
from auth_service.domain.secrets import TokenPurpose, digest, mailed_token, new_secret
from auth_service.errors import VerificationTokenInvalid
from auth_service.storage.leftovers import StoredLeftovers
from auth_service.storage.unit_of_work import units_of_work
from auth_service.tables import METADATA
from auth_service.use_cases.acting import AUTH
from auth_service.use_cases.first_admin import FirstAdmin
from auth_service.use_cases.housekeeping import BATCH
from littlemonster.auth.v1 import auth_service_pb2 as auth_pb2
from servicekit.caller import Caller, acting_as
from servicekit.database import compile_command
from servicekit.ids import new_id

LIFETIME = timedelta(days=7)


async def sweep(running: Running) -> int:
    """How many registrations, and accounts of earlier versions, went because nobody confirmed them in time."""
    leftovers, made_by = StoredLeftovers(running.database), running.clock() - LIFETIME
    with acting_as(AUTH):
        registrations = await leftovers.remove_registrations(made_by, BATCH)
        return registrations + await leftovers.remove_unconfirmed_accounts(made_by, BATCH)


async def opened_unconfirmed(running: Running) -> tuple[str, str, str]:
    """Id, mailed token and address of an account as versions before registrations waited apart opened them."""
    hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    wish = Registration(f"{new_id()}@example.org", "Ada", hashed, None)
    account, secret = open_account(new_id(), wish, running.clock()), new_secret()
    with acting_as(AUTH):
        async with units_of_work(running.database)() as work:
            assert await work.accounts.add(account)
            token = mailed_token(secret, account.id, TokenPurpose.VERIFY_EMAIL, running.clock())
            await work.mailed_tokens.add(token)
    return account.id, secret, account.email


async def make_token_good(running: Running, token: str) -> None:
    """As one that was mailed just now."""
    fresh = compile_command(
        update(METADATA.tables["mailed_tokens"])
        .where(METADATA.tables["mailed_tokens"].c.digest == bindparam("of_digest"))
        .values(expire_time=bindparam("until"))
    )
    with acting_as(AUTH):
        async with running.database.transaction() as transaction:
            until = running.clock() + timedelta(hours=1)
            assert await transaction.execute(fresh, of_digest=digest(token), until=until) == 1


async def confirm_all(running: Running, tokens: list[str]) -> list[object]:
    """Each by a call of its own, at once; what came of them."""
    calls = (running.auth.VerifyEmail(auth_pb2.VerifyEmailRequest(token=token)) for token in tokens)
    return list(await asyncio.gather(*calls, return_exceptions=True))


async def test_fifty_registrations_of_one_address_at_once_open_one_account(running: Running) -> None:
    passwords = [f"password number {number}" for number in range(50)]
    await asyncio.gather(*(running.register(password=password) for password in passwords))
    await asyncio.gather(*(running.delivery.deliver_due() for _ in range(4)))
    await running.mailed_token()
    tokens = [letter.text for _, letter in running.mailer.taken]
    outcomes = await confirm_all(running, tokens)
    assert sum(isinstance(each, VerificationTokenInvalid) for each in outcomes) == len(tokens) - 1
    assert await count(running, "users") == 1
    assert await count(running, "outbox", "subject = 'user.registered'") == 1
    confirmed = tokens[next(i for i, each in enumerate(outcomes) if not isinstance(each, Exception))]
    await running.auth.VerifyEmail(auth_pb2.VerifyEmailRequest(token=confirmed))


async def test_of_many_registrations_decided_by_many_workers_the_first_few_stay(running: Running) -> None:
    await asyncio.gather(*(running.register() for _ in range(MOST_WAITING + 10)))
    while any(await asyncio.gather(*(running.delivery.deliver_due() for _ in range(4)))):
        pass
    assert await count(running, "registrations") == MOST_WAITING
    assert await count(running, "mails") == MOST_MAILS


async def test_twenty_wishes_decided_by_many_workers_are_written_down_as_often_as_mailed(running: Running) -> None:
    for _ in range(20):
        await running.register()
    await asyncio.gather(*(running.delivery.deliver_due() for _ in range(6)))
    assert await count(running, "audit_events", "action = 'account.registered'") == MOST_MAILS
    assert await count(running, "mails") == MOST_MAILS
    assert await count(running, "mail_requests") == 0


async def test_a_registration_that_is_confirmed_while_its_time_runs_out_is_swept_or_an_account(
    running: Running,
) -> None:
    for _ in range(20):
        email = f"{new_id()}@example.org"
        await running.register(email)
        token = await running.mailed_token()
        running.clock.advance(LIFETIME)
        await make_token_good(running, token)
        swept, outcome = await asyncio.gather(sweep(running), confirm_all(running, [token]))
        opened = await count(running, "users", f"email = '{email}'")
        assert (swept, opened) in ((1, 0), (0, 1))
        assert isinstance(outcome[0], VerificationTokenInvalid) is (opened == 0)
        assert await count(running, "registrations") == 0


async def test_an_account_of_an_earlier_version_is_swept_or_confirmed_never_both(running: Running) -> None:
    for _ in range(20):
        account, token, _ = await opened_unconfirmed(running)
        running.clock.advance(LIFETIME)
        await make_token_good(running, token)
        swept, outcome = await asyncio.gather(sweep(running), confirm_all(running, [token]))
        there = await count(running, "users", f"id = '{account}' AND verify_time IS NOT NULL")
        assert (swept, there) in ((1, 0), (0, 1))
        assert isinstance(outcome[0], VerificationTokenInvalid) is (there == 0)


@pytest.mark.parametrize("first", ["confirming", "sweeping"])
async def test_who_holds_an_unconfirmed_account_first_wins(running: Running, first: str) -> None:
    account, token, _ = await opened_unconfirmed(running)
    running.clock.advance(LIFETIME)
    await make_token_good(running, token)
    with acting_as(Caller.service("test")):
        async with units_of_work(running.database)() as work:
            if first == "confirming":
                held = await work.accounts.get(account)
                assert held
                assert await sweep(running) == 0
                await work.accounts.save(confirm(held, running.clock()))
            else:
                await work.accounts.remove_unconfirmed(account)
                confirming = asyncio.ensure_future(confirm_all(running, [token]))
                while not await count(running, "pg_stat_activity", WAITS_FOR_A_ROW):
                    pass
    assert await sweep(running) == 0
    assert await count(running, "users") == (1 if first == "confirming" else 0)
    if first == "sweeping":
        assert isinstance((await confirming)[0], VerificationTokenInvalid)


async def test_sweeping_leaves_accounts_that_are_confirmed_and_admins(running: Running) -> None:
    await running.verified()
    admin = FirstAdmin(units_of_work(running.database), Argon2Passwords(threads=1, cost=Cost(1, 8)), running.clock)
    await admin.create(f"admin-{running.email}", "Ada", PASSWORD)
    account, *_ = await opened_unconfirmed(running)
    running.clock.advance(LIFETIME)
    before = await count(running, "outbox")
    await running.register()
    assert await sweep(running) == 1
    assert await count(running, "users", f"id = '{account}'") == 0
    assert await count(running, "users") == 2
    assert await count(running, "outbox") == before


async def test_twenty_confirmations_at_once_all_succeed(running: Running) -> None:
    await running.register()
    request = auth_pb2.VerifyEmailRequest(token=await running.mailed_token())
    await asyncio.gather(*(running.auth.VerifyEmail(request) for _ in range(20)))
    await running.log_in()


async def test_a_token_removed_while_it_is_presented_confirms_nothing(running: Running) -> None:
    account, token, _ = await opened_unconfirmed(running)
    with acting_as(Caller.service("test")):
        async with units_of_work(running.database)() as new_password:
            assert await new_password.accounts.get(account)
            presenting = asyncio.ensure_future(confirm_all(running, [token]))
            while not await count(running, "pg_stat_activity", WAITS_FOR_A_ROW):
                pass
            await new_password.mailed_tokens.remove(account)
    assert isinstance((await presenting)[0], VerificationTokenInvalid)
    assert await count(running, "users", "verify_time IS NOT NULL") == 0


async def test_a_token_made_while_its_registration_becomes_an_account_is_good_for_nothing_or_the_account_s(
    running: Running,
) -> None:
    await running.register()
    await running.delivery._requests.decide_due()
    with acting_as(Caller.service("test")):
        async with units_of_work(running.database)() as confirming:
            registration = await confirming.registrations.newest(running.email)
            assert registration
            sending = asyncio.ensure_future(running.delivery.deliver_due())
            while not await count(running, "pg_stat_activity", WAITS_FOR_A_ROW):
                pass
            assert await count(running, "mailed_tokens") == 0
            await confirming.accounts.add(account_of(registration, running.clock()))
            await confirming.registrations.become_account(registration.id)
    await sending
    assert await count(running, "mailed_tokens") == await count(running, "registrations") == 0
    assert await count(running, "mails", "user_id IS NOT NULL AND status = 'SENT'") == 1
