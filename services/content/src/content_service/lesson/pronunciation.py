"""How voices are told to say what they would say wrong: names, technical terms, verbs that look like nouns, the letter a."""

import re
from collections.abc import Sequence

_NAMES = {
    "Agnolo": "Ahnyolo",
    "Antoinette": "Antwannette",
    "Atahualpa": "Attawahlpa",
    "Babyn": "Bahbin",
    "Boccaccio": "Bokahtcho",
    "Cai": "Tsigh",
    "Charlemagne": "Sharlemain",
    "Chatelier": "Sha-tell-yay",
    "Cleisthenes": "Klysthineez",
    "Concord": "Conkerd",
    "Cortes": "Kor-tez",
    "Cosimo": "Koh-zimo",
    "Domesday": "Doomsday",
    "Domingue": "Domang",
    "Freytag": "Frytahg",
    "Gitche": "Gitchee",
    "Gorbachev": "Gorbachoff",
    "Gouges": "Goozh",
    "Gumee": "Goomee",
    "Gutenberg": "Gootenberg",
    "Hatshepsut": "Hatshepsoot",
    "Johannes": "Yo-hahn-ess",
    "Kublai": "Kooblye",
    "Kyiv": "Keev",
    "Laertes": "Lay-airteez",
    "Lun": "Loon",
    "Luther": "Loothur",
    "Mainz": "Myents",
    "Medici": "Meddichee",
    "Melos": "Meeloss",
    "Mendeleev": "Mendelayef",
    "Nahua": "Nahwa",
    "Nantes": "Nahnt",
    "Nuremberg": "Nurumberg",
    "Odoacer": "Odowaysser",
    "Olaudah": "Oh-loudah",
    "Petrarchan": "Petrarkan",
    "Plato": "Playto",
    "Pliny": "Plinny",
    "Pythagoras": "Pih-thaggerus",
    "Pythagorean": "Puh-thagga-reean",
    "Qian": "Cheeyen",
    "Ragusa": "Ragooza",
    "Ramesses": "Rammesseez",
    "Richthofen": "Rikthofen",
    "Rousseau": "Roosoh",
    "Salamis": "Salamiss",
    "Solon": "Sohlon",
    "Thucydides": "Thoosidideez",
    "Tlaxcalans": "Tuhlahskahlans",
    "Tura": "Toora",
    "Versailles": "Vairsigh",
    "Vinci": "Vinchee",
    "Wannsee": "Vahnzay",
    "Worms": "Vorms",
    "Xuanzang": "Shooenzahng",
    "Zhang": "Jahng",
    "Zheng": "Djung",
}
# Lessons use "arithmetic" only as an adjective, of sequences and sums.
_WORDS = {
    "arithmetic": "arithmettic",
    "bromine": "brohmeen",
    "coup": "koo",
    "delegates": "dellig-its",
    "dinitrogen": "die-nitrogen",
    "electronegativities": "electro-negativities",
    "electronegativity": "electro-negativity",
    "exothermic": "ekso-thermic",
    "homogeneous": "homo-jeenious",
    "nuclei": "nooclee-eye",
    "papyri": "pah-pie-rye",
    "pentameter": "pen-tammiter",
    "redox": "reedox",
    "stepfamily": "step-family",
    "tetrameter": "tet-rammiter",
}
_SAID = _NAMES | _WORDS | {word.capitalize(): said.capitalize() for word, said in _WORDS.items()}
_RESPELLED = re.compile(rf"\b(?:{'|'.join(_SAID)})(?=\b|['’])")
_VERBS = {
    "use": "yooz",
    "uses": "yoozes",
    "conduct": "conduckt",
    "convict": "convickt",
    "coordinate": "coordinait",
    "lives": "livz",
    "separate": "sepperate",
}
_ARTICLES = frozenset(("a", "an", "the"))
_OWNERS = frozenset(("its", "their", "his", "her", "our", "your"))
_BEFORE_NOUNS = _ARTICLES | _OWNERS | frozenset(("of", "no", "in", "into", "for", "this", "any"))
# What stands behind words that are verbs only there.
_VERBS_BEFORE = {
    "coordinate": _ARTICLES,
    "lives": frozenset(("as", "this")),
    "separate": _ARTICLES | frozenset(("them", "it", "its", "two", "three")),
}
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
    return _RESPELLED.sub(_by_sound, word)


def _is_verb(word: str, before: str, following: Sequence[str]) -> bool:
    if word in _VERBS_BEFORE:
        return before not in _OWNERS and bool(following) and following[0].rstrip(",.;:") in _VERBS_BEFORE[word]
    return before.lower() not in _BEFORE_NOUNS


def _by_sound(found: re.Match[str]) -> str:
    return _SAID[found[0]]


def _names_a_number(following: Sequence[str]) -> bool:
    """Whether an "a" before these words is a letter, as in "a squared" and "a b"; in "a minus sign" and "a p H" it is none."""
    first, second = (*following, "", "")[:2]
    letter = first.rstrip(".,;:?!")
    if len(letter) == 1 and letter.isalpha():
        return (first, second.rstrip(".,;:?!")) != ("p", "H")
    return letter in _POWERS or (first in _OPERATIONS and second.rstrip(".,;:?!") not in _SIGNS)
