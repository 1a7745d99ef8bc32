"""How voices are told to say what they would say wrong: foreign names, verbs that look like nouns, the letter a in formulas."""

import re
from collections.abc import Sequence

_SAID = {
    "Agnolo": "Ahnyolo",
    "Atahualpa": "Attawahlpa",
    "Boccaccio": "Bokahtcho",
    "Cai": "Tsigh",
    "Charlemagne": "Sharlemain",
    "Chatelier": "Sha-tell-yay",
    "Cleisthenes": "Klysthineez",
    "Domingue": "Domang",
    "Freytag": "Frytahg",
    "Gouges": "Goozh",
    "Hatshepsut": "Hatshepsoot",
    "Johannes": "Yo-hahn-ess",
    "Kublai": "Kooblye",
    "Kyiv": "Keev",
    "Lun": "Loon",
    "Mainz": "Myents",
    "Medici": "Meddichee",
    "Mendeleev": "Mendelayef",
    "Nantes": "Nahnt",
    "Odoacer": "Odowaysser",
    "Petrarchan": "Petrarkan",
    "Pythagorean": "Puh-thagga-reean",
    "Qian": "Cheeyen",
    "Ragusa": "Ragooza",
    "Ramesses": "Rammesseez",
    "Richthofen": "Rikthofen",
    "Salamis": "Salamiss",
    "Thucydides": "Thoosidideez",
    "Tlaxcalans": "Tuhlahskahlans",
    "Versailles": "Vairsigh",
    "Vinci": "Vinchee",
    "Wannsee": "Vahnzay",
    "Worms": "Vorms",
    "Xuanzang": "Shooenzahng",
    "Zhang": "Jahng",
    "Zheng": "Djung",
}
_NAME = re.compile(rf"\b(?:{'|'.join(_SAID)})(?=\b|['’])")
_VERBS = {"use": "yooz", "uses": "yoozes", "conduct": "conduckt", "separate": "sepperate"}
_ARTICLES = frozenset(("a", "an", "the"))
_OWNERS = frozenset(("its", "their", "his", "her", "our", "your"))
_BEFORE_NOUNS = _ARTICLES | _OWNERS | frozenset(("of", "no", "in", "into", "for", "this", "any"))
_AFTER_SEPARATE = _ARTICLES | frozenset(("them", "it", "its", "two", "three"))
LETTER_A = {"a": "eh", "A": "Eh"}
_POWERS = frozenset(("squared", "cubed"))
_OPERATIONS = frozenset(("plus", "minus", "times", "equals", "over", "to", "is", "and", "or", "given"))
_SIGNS = frozenset(("sign", "signs"))


def pronounced(sentence: str) -> tuple[str, dict[str, str]]:
    """The sentence as a voice reads it right, and what each word that was changed is written like."""
    words = sentence.split()
    said = [_said(word, words[at - 1] if at else "", words[at + 1 : at + 3]) for at, word in enumerate(words)]
    return " ".join(said), {new: old for new, old in zip(said, words, strict=True) if new != old}


def _said(word: str, before: str, following: Sequence[str]) -> str:
    if word in LETTER_A:
        return LETTER_A[word] if _names_a_number(following) else word
    core = word.rstrip(".,;:?!")
    if (verb := _VERBS.get(core.lower())) and _is_verb(core.lower(), before, following):
        return (verb.capitalize() if core[0].isupper() else verb) + word[len(core) :]
    return _NAME.sub(_by_name, word)


def _is_verb(word: str, before: str, following: Sequence[str]) -> bool:
    if word == "separate":
        return bool(following) and following[0] in _AFTER_SEPARATE
    return before.lower() not in _BEFORE_NOUNS


def _by_name(found: re.Match[str]) -> str:
    return _SAID[found[0]]


def _names_a_number(following: Sequence[str]) -> bool:
    """Whether an "a" before these words is a letter, as in "a squared" and "a b"; in "a minus sign" and "a p H" it is none."""
    first, second = (*following, "", "")[:2]
    letter = first.rstrip(".,;:?!")
    if len(letter) == 1 and letter.isalpha():
        return (first, second.rstrip(".,;:?!")) != ("p", "H")
    return letter in _POWERS or (first in _OPERATIONS and second.rstrip(".,;:?!") not in _SIGNS)
