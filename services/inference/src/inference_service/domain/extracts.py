"""Summaries and key points taken from a text itself: its most central sentences, by TextRank.

Each sentence is a node; two are tied by the words they share (Mihalcea and Tarau, TextRank, EMNLP 2004); a few rounds of PageRank
find those that most others lean on. Nothing is written anew, so nothing can be made up.
"""

import re
from math import log

METHOD = "textrank/1"
SUMMARY_SENTENCES, MOST_KEY_POINTS = 3, 5
MOST_SENTENCES, LONGEST = 200, 400
_ROUNDS, _DAMPING = 30, 0.85
_SENTENCE = re.compile(r"""(?:(?<=[.!?])|(?<=[.!?]["'”’)]))\s+(?=["'“‘(]*[A-ZÀ-ÖØ-Þ0-9])|\n{2,}|(?<=[。！？])""")
_ABBREVIATION = re.compile(r"\b(?:[A-Z]|Dr|Mr|Mrs|Ms|St|Prof|vs|etc|e\.g|i\.e|c|ca|approx|No)\.$")
_WORD = re.compile(r"\w+(?:['’]\w+)?")
_SMALL_WORDS = """
a an and are as at be but by for from had has have he her his i in is it its not of on or our she so than that the their them
then there these they this to was we were what when which who will with you your
"""
_SMALL = frozenset(_SMALL_WORDS.split())


def sentences(text: str) -> list[str]:
    """The sentences of `text` in order, without those too long to be one; at most MOST_SENTENCES."""
    found: list[str] = []
    for part in _SENTENCE.split(text):
        part = " ".join(part.split())
        if found and _ABBREVIATION.search(found[-1]):
            found[-1] = f"{found[-1]} {part}"
        elif part:
            found.append(part)
    return [sentence for sentence in found if len(sentence) <= LONGEST][:MOST_SENTENCES] or [
        " ".join(text.split())[:LONGEST]
    ]


def summary(text: str) -> str:
    """The most central sentences, in the order of the text."""
    return " ".join(_central(sentences(text), SUMMARY_SENTENCES))


def key_points(text: str) -> tuple[str, ...]:
    """Up to MOST_KEY_POINTS central sentences, in the order of the text."""
    return tuple(_central(sentences(text), MOST_KEY_POINTS))


def _central(found: list[str], most: int) -> list[str]:
    ranks = _ranks([_content(sentence) for sentence in found])
    best = sorted(range(len(found)), key=lambda index: (-ranks[index], index))[:most]
    return [found[index] for index in sorted(best)]


def _content(sentence: str) -> frozenset[str]:
    return frozenset(word for word in map(str.lower, _WORD.findall(sentence)) if word not in _SMALL)


def _ranks(contents: list[frozenset[str]]) -> list[float]:
    ties = [[_tie(a, b) if a is not b else 0.0 for b in contents] for a in contents]
    totals = [sum(row) for row in ties]
    ranks = [1.0] * len(contents)
    for _ in range(_ROUNDS):
        shares = [rank / total if total else 0.0 for rank, total in zip(ranks, totals, strict=True)]
        ranks = [1 - _DAMPING + _DAMPING * sum(map(float.__mul__, row, shares)) for row in ties]
    return ranks


def _tie(a: frozenset[str], b: frozenset[str]) -> float:
    shared = len(a & b)
    return shared / (log(1 + len(a)) + log(1 + len(b))) if shared else 0.0
