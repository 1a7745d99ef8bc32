"""What people call themselves: e-mail addresses and display names, normalised or refused."""

import re
import unicodedata

from auth_service.errors import DisplayNameInvalid, EmailInvalid

LONGEST_EMAIL = 254
"""Characters; RFC 5321 allows no longer path."""

LONGEST_NAME = 64
"""Characters."""

_EMAIL = re.compile(r"[^@\s\"(),:;<>\[\\\]]{1,64}@[^@\s\"(),:;<>\[\\\]]{1,253}")

# Controls (NUL among them), lone surrogates, line and paragraph separators: nothing a name is made of.
_UNSHOWABLE_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}

# Embeddings, overrides and isolates turn the text around them; the two marks and the joiners scripts and emoji need stay.
_DIRECTION_CHANGES = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


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
    return not any(
        character in _DIRECTION_CHANGES or unicodedata.category(character) in _UNSHOWABLE_CATEGORIES
        for character in text
    )
