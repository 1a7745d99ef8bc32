"""An account, from its confirmed address on."""

from datetime import UTC, datetime, timedelta

from auth_service.domain.accounts import AVATAR_COLORS, Registration, confirm, open_account, seen
from servicekit.caller import Role

NOW = datetime(2026, 3, 2, 9, 30, 12, 34, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
FIRST = Registration("ada@example.org", "Ada", "hash", "request")
ACCOUNT = open_account("account", FIRST, NOW)
VERIFIED = confirm(ACCOUNT, NOW)


def test_a_new_account_is_an_unconfirmed_student_s() -> None:
    assert ACCOUNT.role is Role.STUDENT
    assert ACCOUNT.verify_time is None
    assert ACCOUNT.avatar_color in AVATAR_COLORS


def test_confirming_again_keeps_the_first_time() -> None:
    assert confirm(VERIFIED, LATER) == VERIFIED


def test_activity_is_known_to_the_hour_and_never_moves_back() -> None:
    later = seen(ACCOUNT, NOW + timedelta(hours=3))
    assert later.last_active_time == NOW.replace(hour=12, minute=0, second=0, microsecond=0)
    assert seen(later, NOW) == later
