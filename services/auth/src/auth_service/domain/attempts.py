"""How many sign-ins may fail, by account and by network, before one has to wait."""

import ipaddress
from dataclasses import dataclass
from datetime import timedelta

from auth_service.domain.secrets import digest

WINDOW = timedelta(minutes=15)
ACCOUNT_LIMIT = 10
NETWORK_LIMIT = 100
"""Ten times an account's: a whole class signs in from behind one address."""


@dataclass(frozen=True, slots=True)
class Budget:
    """At most `limit` failures counted under `key` from the first one until `window` later."""

    key: str
    limit: int
    window: timedelta


def sign_in_budgets(email: str, client_address: str) -> tuple[Budget, ...]:
    """What a sign-in counts against: the account, whether or not it exists, and the client's network when it is known."""
    account = Budget(f"account:{digest(email).hex()}", ACCOUNT_LIMIT, WINDOW)
    if network := client_network(client_address):
        return account, Budget(f"network:{network}", NETWORK_LIMIT, WINDOW)
    return (account,)


def client_network(address: str) -> str | None:
    """What one client can be told by: an IPv4 address, or the /64 an IPv6 client chooses its addresses from.

    None when the text is no address: it then counts for nothing, because a client may have written it.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed), 64), strict=False))
