"""What people call themselves: e-mail addresses and display names, normalised or refused."""

import re
import unicodedata

from auth_service.errors import DisplayNameInvalid, EmailInvalid

LONGEST_EMAIL = 254
"""Characters; RFC 5321 allows no longer path."""

LONGEST_NAME = 64
"""Characters."""

# "=?" begins an encoded word (RFC 2047), which has no place in an address: mail systems would read something else.
_EMAIL = re.compile(r"(?!.*=\?)[^@\s\"(),:;<>\[\\\]]{1,64}@[^@\s\"(),:;<>\[\\\]]{1,253}")

# Controls (NUL among them), lone surrogates, line and paragraph separators: nothing a name is made of.
_UNSHOWABLE_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}

# As the contracts' constraint littlemonster.common.v1.one_line: what turns the text around it, and what nobody sees and can hide
# a difference. The marks and joiners that scripts and emoji need stay, but are no name alone.
_HIDDEN = re.compile("[\u00ad\u180e\u200b\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
_SEEN = re.compile("[^\\s\u200c-\u200f\u061c]")


def normalise_email(text: str) -> str:
    """The one spelling of an address that accounts are found by. Raises EmailInvalid."""
    address = unicodedata.normalize("NFC", text).lower()
    if len(address) > LONGEST_EMAIL or not _EMAIL.fullmatch(address) or not _showable(address):
        raise EmailInvalid(fields={"email": "must be an e-mail address of at most 254 characters"})
    return address


def normalise_display_name(text: str) -> str:
    """The name as others see it, without surrounding space. Raises DisplayNameInvalid."""
    name = unicodedata.normalize("NFC", text).strip()
    if not 1 <= len(name) <= LONGEST_NAME or not _showable(name):
        raise DisplayNameInvalid(fields={"displayName": "must be 1 to 64 characters that can be shown on one line"})
    return name


def _showable(text: str) -> bool:
    unshowable = any(unicodedata.category(character) in _UNSHOWABLE_CATEGORIES for character in text)
    return not unshowable and not _HIDDEN.search(text) and _SEEN.search(text) is not None
