"""How hard a text is to follow by ear, as a school grade (Flesch–Kincaid): long sentences and long words raise it.

The libraries for this fetch a pronunciation dictionary from the net at run time; counting vowel groups needs none and
is as good for the mean over a lesson.
"""

import re

_SENTENCE_END = re.compile(r"[.!?]+(?:\s|$)")
_WORD = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)*")
_VOWELS = re.compile(r"[aeiouy]+")
_SILENT = re.compile(r"(?<=[^laeiouy])es?$|(?<=[aeiouy]l)es?$|(?<=[^dt])ed$")
_HIATUS = re.compile(r"(?<!q)ua|ia(?!u)|io(?!n)|eo(?!p)|iu|(?<=sc)ie|[aeiouy]ing$|ism$")


def grade(text: str) -> float:
    """The school year, from below 0 (nursery rhymes) to over 16 (laws); 0 for a text without words."""
    words = _WORD.findall(text)
    if not words:
        return 0.0
    sentences = max(1, len(_SENTENCE_END.findall(text)))
    return 0.39 * len(words) / sentences + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def syllables(word: str) -> int:
    """About how many syllables an English word has; at least 1."""
    letters = word.lower().replace("’", "").replace("'", "")
    spoken = _SILENT.sub("", letters) or letters
    return max(1, len(_VOWELS.findall(spoken)) + len(_HIATUS.findall(spoken)))
