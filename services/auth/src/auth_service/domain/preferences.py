"""How a person wants the product to look and behave."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from zoneinfo import available_timezones

from auth_service.errors import LanguageInvalid, TimeZoneUnknown

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
"""The general shape of RFC 5646; which tags are registered changes every month."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """Colours are "#rrggbb", `language` a BCP 47 tag, `time_zone` an IANA name. The defaults are a new account's."""

    theme_accent: str = "#6d4fc6"
    lm_color: str = "#76b041"
    notifications_enabled: bool = True
    email_updates: bool = True
    dark_mode: bool = False
    language: str = "en"
    time_zone: str = "UTC"


def with_preferences(preferences: Preferences, changes: Mapping[str, str | bool]) -> Preferences:
    """The preferences with those that are named changed. Raises LanguageInvalid, TimeZoneUnknown."""
    changed = replace(preferences, **changes)  # type: ignore[arg-type]  # names and types are those of the contract
    if not _LANGUAGE.fullmatch(changed.language):
        raise LanguageInvalid(fields={"language": "must be a language tag such as 'en' or 'pt-BR'"})
    if changed.time_zone not in _time_zones():
        raise TimeZoneUnknown(
            fields={"timeZone": "must be an IANA time zone such as 'Europe/Berlin'"}, zone=changed.time_zone
        )
    return replace(changed, theme_accent=changed.theme_accent.lower(), lm_color=changed.lm_color.lower())


@cache
def _time_zones() -> frozenset[str]:
    # "localtime" is another zone on every machine, and "Factory" says that none is set.
    return frozenset(available_timezones() - {"localtime", "Factory"})
