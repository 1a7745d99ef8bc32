"""Plain text as people write it: what is kept of it, and what nobody should ever see."""

import re
import unicodedata

from community_service.errors import CommentEmpty, WordsMissing

# Joiners hold emoji and the words of many scripts together.
_JOINERS = "\u200c\u200d"
# Characters that show nothing although Unicode counts them among letters and symbols.
_BLANKS = "\u115f\u1160\u2800\u3164\uffa0"
_VARIATION_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# The flags of England, Scotland and Wales are spelled in tag characters, which elsewhere only hide text.
_FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007e]{1,8}\U000e007f")
_LINE_ENDS = re.compile("\r\n?|[\u0085\u2028\u2029]")


def clean(text: str) -> str:
    """The text without characters that only control how others are shown, and without the white space around it.

    Those turn a line round (U+202E), hide words or break a terminal. Line breaks and tabs stay, and so do the joiners of
    emoji. Nothing is ever read as HTML, so that "a < b" stays what it is.
    """
    kept: list[str] = []
    end = 0
    text = unicodedata.normalize("NFC", _LINE_ENDS.sub("\n", text))
    for flag in _FLAG.finditer(text):
        kept += (_shown(text[end : flag.start()]), flag[0])
        end = flag.end()
    return "".join((*kept, _shown(text[end:]))).strip()


def plain_text(text: str) -> str:
    """A comment's text, cleaned. Raises CommentEmpty when nothing is left that can be seen."""
    if _can_be_seen(cleaned := clean(text)):
        return cleaned
    raise CommentEmpty(fields={"text": "must hold more than white space"})


def words(text: str, field: str) -> str:
    """What somebody says in a field of that name, cleaned. Raises WordsMissing when nothing is left that can be seen."""
    if _can_be_seen(cleaned := clean(text)):
        return cleaned
    raise WordsMissing(fields={field: "must hold more than white space"}, field=field)


def _can_be_seen(text: str) -> bool:
    return bool(_VARIATION_SELECTORS.sub("", text).strip(_JOINERS + _BLANKS + " \t\n"))


def _shown(text: str) -> str:
    return "".join(each for each in text if each in "\n\t" + _JOINERS or unicodedata.category(each) not in ("Cc", "Cf"))
