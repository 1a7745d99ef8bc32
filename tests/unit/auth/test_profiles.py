"""What people see of each other, and change about themselves."""

import pytest
from unit.auth.conftest import Auth

from auth_service.convert.users import profile_change, public_profile
from auth_service.domain.preferences import Preferences
from auth_service.domain.profiles import ProfileChange
from auth_service.errors import (
    DisplayNameInvalid,
    LanguageInvalid,
    PersonNeeded,
    TimeZoneUnknown,
    UpdateMaskInvalid,
    UserNotFound,
)
from littlemonster.auth.v1.user_service_pb2 import UpdateMeRequest
from littlemonster.common.v1.study_pb2 import SUBJECT_HISTORY, SUBJECT_MATH
from servicekit.caller import Caller, Role, acting_as


def ada(auth: Auth) -> Caller:
    return Caller(auth.account.id, Role.STUDENT, "session")


async def test_people_change_what_they_name_and_nothing_else(auth: Auth) -> None:
    await auth.verified()
    before = auth.account
    with acting_as(ada(auth)):
        changed = await auth.profiles.change(ProfileChange(display_name=" Ada L. ", avatar_color="#AABBCC"))
        await auth.profiles.change(ProfileChange(subjects=("MATH",)))
    assert (changed.display_name, changed.avatar_color) == ("Ada L.", "#aabbcc")
    assert auth.account.subjects == ("MATH",)
    assert (auth.account.display_name, auth.account.email) == ("Ada L.", before.email)


async def test_a_name_that_cannot_be_shown_is_refused(auth: Auth) -> None:
    await auth.verified()
    with acting_as(ada(auth)), pytest.raises(DisplayNameInvalid):
        await auth.profiles.change(ProfileChange(display_name="\u202e"))


async def test_everybody_sees_a_public_profile_without_the_address(auth: Auth) -> None:
    await auth.verified()
    with acting_as(Caller("stranger", Role.STUDENT, "session")):
        profile = public_profile(await auth.profiles.of(auth.account.id))
    assert (profile.id, profile.display_name, profile.email) == (auth.account.id, "Ada", "")


async def test_confirmed_accounts_are_found_by_id_and_by_name_in_any_case(auth: Auth) -> None:
    await auth.verified()
    for ids, names in (([auth.account.id], []), ([], ["ADA"])):
        assert [found.id for found in await auth.profiles.known(ids, names)] == [auth.account.id]
    assert list(await auth.profiles.known([], ["nobody of that name"])) == []


async def test_an_account_that_was_never_confirmed_is_nobody(auth: Auth) -> None:
    await auth.opened_unconfirmed()
    for unknown in (auth.account.id, "unknown"):
        with acting_as(Caller("stranger", Role.STUDENT, "session")), pytest.raises(UserNotFound):
            await auth.profiles.of(unknown)


@pytest.mark.parametrize(
    ("request_", "change"),
    [
        (UpdateMeRequest(), ProfileChange()),
        (UpdateMeRequest(display_name="A", subjects=[SUBJECT_MATH]), ProfileChange("A", None, ("MATH",))),
        (UpdateMeRequest(display_name="A", update_mask={"paths": ["subjects"]}), ProfileChange(None, None, ())),
        (
            UpdateMeRequest(avatar_color="#000000", update_mask={"paths": ["avatar_color"]}),
            ProfileChange(None, "#000000"),
        ),
        (
            UpdateMeRequest(subjects=[SUBJECT_HISTORY], update_mask={"paths": ["subjects", "display_name"]}),
            ProfileChange(None, None, ("HISTORY",)),
        ),
    ],
)
def test_the_mask_names_what_changes_or_else_what_is_given_does(
    request_: UpdateMeRequest, change: ProfileChange
) -> None:
    assert profile_change(request_) == change


@pytest.mark.parametrize("path", ["email", "role", "nonsense", ""])
def test_a_mask_cannot_name_anything_else(path: str) -> None:
    with pytest.raises(UpdateMaskInvalid):
        profile_change(UpdateMeRequest(update_mask={"paths": [path]}))


def test_what_a_mask_must_not_name_is_told_as_it_is_written_in_json() -> None:
    with pytest.raises(UpdateMaskInvalid, match="field createTime cannot be changed"):
        profile_change(UpdateMeRequest(update_mask={"paths": ["create_time"]}))


async def test_preferences_are_the_defaults_until_they_are_changed(auth: Auth) -> None:
    await auth.verified()
    with acting_as(ada(auth)):
        assert await auth.preferences.mine() == Preferences()
        await auth.preferences.change({"dark_mode": True, "time_zone": "America/New_York"})
        await auth.preferences.change({"language": "pt-BR", "lm_color": "#ABCDEF"})
        assert await auth.preferences.mine() == Preferences(
            dark_mode=True, time_zone="America/New_York", language="pt-BR", lm_color="#abcdef"
        )


@pytest.mark.parametrize("zone", ["Mars/Olympus", "europe berlin", "../etc/passwd", "\x00", "Europe"])
async def test_a_time_zone_must_be_one_of_iana_s(auth: Auth, zone: str) -> None:
    await auth.verified()
    with acting_as(ada(auth)), pytest.raises(TimeZoneUnknown):
        await auth.preferences.change({"time_zone": zone})


@pytest.mark.parametrize("language", ["e", "12", "en_US", "en-", "en US", "x" * 9])
async def test_a_language_must_look_like_a_tag(auth: Auth, language: str) -> None:
    await auth.verified()
    with acting_as(ada(auth)), pytest.raises(LanguageInvalid):
        await auth.preferences.change({"language": language})


async def test_services_and_the_erased_have_nothing_to_change(auth: Auth) -> None:
    with acting_as(Caller.service("content")), pytest.raises(PersonNeeded):
        await auth.preferences.mine()
    with acting_as(Caller("erased", Role.STUDENT, "session")):
        with pytest.raises(UserNotFound):
            await auth.preferences.change({"dark_mode": True})
        with pytest.raises(UserNotFound):
            await auth.profiles.change(ProfileChange())
