"""How many sign-ins may fail before one has to wait, so that nobody at one place can lock out people at another."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from auth_service.domain.secrets import digest

WINDOW = timedelta(minutes=15)
GUESS_LIMIT = 10
"""For one account from one network."""

GUESS_STEPS = ((GUESS_LIMIT, timedelta(minutes=1)), (20, WINDOW), (30, timedelta(hours=1)))
"""For signing in to one account from one network: who goes on failing waits longer each time, and nobody longer than an hour."""

SITE_LIMIT = 30
"""For one account from all networks of one IPv6 site, which has thousands: so that they cannot spend the account's limit."""

ACCOUNT_LIMIT = 100
"""For one account from everywhere: who guesses from many sites is slowed down, who guesses from one reaches nobody else."""

NETWORK_LIMIT = 100
"""For every account from one network: a whole class signs in from behind one address."""

CODE_LIMIT, CODE_WINDOW = 30, timedelta(hours=1)
"""For one account from everywhere: of a million codes three are good at a time, so guessing would take years."""

CHECK_LIMIT = 60
"""Passwords that are looked at for one account within WINDOW, right ones too: by signing in from one network, or as the one in
force from everywhere. Each keeps a processor busy, and whoever signs in again and again must not keep the others waiting."""

RECORDED_LIMIT = 60
"""For one account within WINDOW, of calls that are written down each time, whatever comes of them: entries are kept for good."""

DOWNLOAD_LIMIT = 30
"""For one archive within WINDOW: each download is written down, and may be 64 MiB."""

EMAIL_CHANGE_LIMIT = 5
"""An hour, for one account."""

ANONYMOUS_LIMIT = 300
"""For registrations, wishes for mail and resets from one network: a whole school registers from behind one address."""


@dataclass(frozen=True, slots=True)
class Budget:
    """At most `limit` failures counted under `key` from the first one until `window` later.

    A good try gives itself back; all of them when it `clears`.
    """

    key: str
    limit: int
    window: timedelta
    clears: bool = False


def sign_in_budgets(email: str, client_address: str) -> tuple[Budget, ...]:
    """What a sign-in counts against: the account from the client's network, step by step, and its site, the account, the network.

    The account counts whether or not it exists; unknown networks are one, and have no budget of their own.
    """
    return *_account_budgets(email, client_address), *_network_budgets(client_address)


def reset_budgets(email: str, client_address: str) -> tuple[Budget, ...]:
    """What a token mailed to the account clears: its failures from the client's network, and as many from everywhere."""
    return tuple(replace(budget, clears=True) for budget in _account_budgets(email, client_address))


def change_budgets(account_id: str, client_address: str) -> tuple[Budget, ...]:
    """What giving the password in force counts against: apart from sign-ins, which a thief of a token must not block."""
    return Budget(f"change:{account_id}", GUESS_LIMIT, WINDOW, clears=True), *_network_budgets(client_address)


def sign_in_allowance(email: str, client_address: str) -> Budget:
    """How often a password is looked at there, good tries too: given back only where none was looked at."""
    return Budget(f"{_here(email, client_address)}:all", CHECK_LIMIT, WINDOW)


def change_allowance(account_id: str) -> Budget:
    """As `sign_in_allowance`, for giving the password in force, from everywhere."""
    return Budget(f"change:{account_id}:all", CHECK_LIMIT, WINDOW)


def given_back(budgets: Iterable[Budget]) -> tuple[Budget, ...]:
    """What a try gives back that came to nothing: itself, and no failure of before."""
    return tuple(replace(budget, clears=False) for budget in budgets)


def code_budgets(account_id: str, client_address: str) -> tuple[Budget, ...]:
    """What a one-time or recovery code counts against; only who has the password or a token of the account can use it up."""
    network = client_network(client_address)
    return (
        Budget(f"code:{account_id}:{network or 'unknown'}", GUESS_LIMIT, WINDOW, clears=True),
        Budget(f"code:{account_id}", CODE_LIMIT, CODE_WINDOW),
        *_network_budgets(client_address),
    )


def recorded_budgets(account_id: str) -> tuple[Budget, ...]:
    """What calls count against that add to the audit log each time, also when they change nothing or are refused."""
    return (Budget(f"recorded:{account_id}", RECORDED_LIMIT, WINDOW),)


def download_budgets(export_id: str) -> tuple[Budget, ...]:
    """What fetching an archive by its link counts against; whoever has the link has what is in it."""
    return (Budget(f"download:{export_id}", DOWNLOAD_LIMIT, WINDOW),)


def email_change_budgets(account_id: str, client_address: str) -> tuple[Budget, ...]:
    """What asking for another e-mail address counts against: each wish mails somebody who did not ask for it."""
    return Budget(f"email:{account_id}", EMAIL_CHANGE_LIMIT, CODE_WINDOW), *anonymous_budgets(client_address)


def anonymous_budgets(client_address: str) -> tuple[Budget, ...]:
    """What calls count against that nobody has to prove anything for; all of them count, not failures alone."""
    network = client_network(client_address)
    return (Budget(f"anonymous:{network}", ANONYMOUS_LIMIT, WINDOW),) if network else ()


def client_network(address: str) -> str | None:
    """What one client can be told by: an IPv4 address, or the /64 an IPv6 client chooses its addresses from.

    None when the text is no address: it then counts for nothing, because a client may have written it.
    """
    parsed = _parsed(address)
    return _prefix(parsed, 64) if isinstance(parsed, ipaddress.IPv6Address) else str(parsed) if parsed else None


def client_site(address: str) -> str | None:
    """The /48 an IPv6 client's network is taken from: the most that one home or school is commonly given. Else None."""
    parsed = _parsed(address)
    return _prefix(parsed, 48) if isinstance(parsed, ipaddress.IPv6Address) else None


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    return (isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped) or parsed


def _prefix(address: ipaddress.IPv6Address, length: int) -> str:
    return str(ipaddress.ip_network((int(address), length), strict=False))


def _account_budgets(email: str, client_address: str) -> tuple[Budget, ...]:
    account, here = _account(email), _here(email, client_address)
    steps = (Budget(f"{here}:{limit}", limit, window, clears=True) for limit, window in GUESS_STEPS)
    site = client_site(client_address)
    sites = (Budget(f"{account}:{site}", SITE_LIMIT, WINDOW),) if site else ()
    return *steps, *sites, Budget(account, ACCOUNT_LIMIT, WINDOW)


def _account(email: str) -> str:
    return f"account:{digest(email).hex()}"


def _here(email: str, client_address: str) -> str:
    return f"{_account(email)}:{client_network(client_address) or 'unknown'}"


def _network_budgets(client_address: str) -> tuple[Budget, ...]:
    network = client_network(client_address)
    return (Budget(f"network:{network}", NETWORK_LIMIT, WINDOW),) if network else ()
