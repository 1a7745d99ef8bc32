"""What people may change about how others see them."""

from dataclasses import dataclass, replace

from auth_service.domain.accounts import Account
from auth_service.domain.identity import normalise_display_name


@dataclass(frozen=True, slots=True)
class ProfileChange:
    """New values; None leaves what there is."""

    display_name: str | None = None
    avatar_color: str | None = None
    subjects: tuple[str, ...] | None = None


def with_profile(account: Account, change: ProfileChange) -> Account:
    """The changed account. Raises DisplayNameInvalid."""
    name, color, subjects = change.display_name, change.avatar_color, change.subjects
    return replace(
        account,
        display_name=account.display_name if name is None else normalise_display_name(name),
        avatar_color=account.avatar_color if color is None else color.lower(),
        subjects=account.subjects if subjects is None else subjects,
    )
