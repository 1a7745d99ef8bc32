"""Profiles, preferences and what admins change."""

from collections.abc import Mapping, Sequence

from auth_service.convert.values import last_id, timestamp
from auth_service.domain.accounts import Account
from auth_service.domain.administration import AccountChange
from auth_service.domain.preferences import Preferences
from auth_service.domain.profiles import ProfileChange
from auth_service.domain.stats import Stats
from auth_service.errors import UpdateMaskInvalid
from littlemonster.auth.v1 import user_service_pb2 as pb2
from littlemonster.common.v1 import study_pb2
from servicekit.caller import Role
from servicekit.pagination import encode_page_token
from servicekit.validation import json_name

_LONGEST_SHOWN = 64
"""Of a name that somebody made up: an answer's headers have little room."""

_CHANGEABLE = ("display_name", "avatar_color", "subjects")
_PREFERENCES = tuple(pb2.Preferences.DESCRIPTOR.fields_by_name)


def public_profile(account: Account) -> pb2.User:
    """A profile as everybody sees it: without the address."""
    return pb2.User(
        id=account.id,
        display_name=account.display_name,
        avatar_color=account.avatar_color,
        subjects=[study_pb2.Subject.Value(f"SUBJECT_{subject}") for subject in account.subjects],
        create_time=timestamp(account.create_time),
        last_active_time=timestamp(account.last_active_time),
        role=pb2.Role.Value(f"ROLE_{account.role.value}"),
    )


def own_profile(account: Account) -> pb2.User:
    """A profile as its owner sees it, with the address."""
    profile = public_profile(account)
    profile.email = account.email
    return profile


def administered_profile(account: Account) -> pb2.User:
    """A profile as admins see it."""
    profile = own_profile(account)
    profile.suspended = account.suspend_time is not None
    return profile


def profile_change(request: pb2.UpdateMeRequest) -> ProfileChange:
    """What is to change: the fields the mask names, or those that are given. Raises UpdateMaskInvalid."""
    given = {field.name for field, _ in request.ListFields()} & set(_CHANGEABLE)
    named = set(request.update_mask.paths) or given
    if unknown := named - set(_CHANGEABLE):
        raise UpdateMaskInvalid(
            fields={"updateMask": "names fields that cannot be changed"}, path=json_name(min(unknown)[:_LONGEST_SHOWN])
        )
    return ProfileChange(
        display_name=request.display_name if "display_name" in named & given else None,
        avatar_color=request.avatar_color if "avatar_color" in named & given else None,
        subjects=_subjects(request) if "subjects" in named else None,
    )


def _subjects(request: pb2.UpdateMeRequest) -> tuple[str, ...]:
    return tuple(study_pb2.Subject.Name(subject).removeprefix("SUBJECT_") for subject in request.subjects)


def preferences(stored: Preferences) -> pb2.Preferences:
    """All of them."""
    return pb2.Preferences(**{name: getattr(stored, name) for name in _PREFERENCES})


def preference_changes(request: pb2.UpdatePreferencesRequest) -> Mapping[str, str | bool]:
    """Those that are given."""
    return {field.name: value for field, value in request.ListFields()}


def user_search(request: pb2.ListUsersRequest) -> tuple[str, Role | None, str | None]:
    """Text, role, and the account the page before ended with. Raises PageTokenInvalid."""
    return request.query, _role(request.role), last_id(request.page_token, _query(request))


def user_page(found: Sequence[Account], size: int, request: pb2.ListUsersRequest) -> pb2.ListUsersResponse:
    """The first `size` of the accounts; one more means that there is another page."""
    page = found[:size]
    more = encode_page_token(_query(request), page[-1].id) if len(found) > size else ""
    return pb2.ListUsersResponse(users=[administered_profile(account) for account in page], next_page_token=more)


def account_change(request: pb2.UpdateUserRequest) -> AccountChange:
    """What is given."""
    return AccountChange(
        role=_role(request.role) if request.HasField("role") else None,
        suspended=request.suspended if request.HasField("suspended") else None,
    )


def _query(request: pb2.ListUsersRequest) -> str:
    return f"users {request.role} {request.query}"


def _role(role: pb2.Role.ValueType) -> Role | None:
    return Role(pb2.Role.Name(role).removeprefix("ROLE_")) if role else None


def stats(done: Stats) -> pb2.UserStats:
    """What somebody did over all services."""
    return pb2.UserStats(
        video_count=done.counts.videos,
        view_count=done.counts.views,
        comment_count=done.counts.comments,
        rating_count=done.counts.ratings,
        completed_event_count=done.counts.completions,
        streak_days=done.streak_days,
    )
