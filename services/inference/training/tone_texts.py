"""Reads the labelled texts of `sources.yaml` that the classifier of tone learns from. A label is a category of the
policy, or FINE.

Half of each set that others measure with is left out, so that it can be measured with here as well (`left_out`).
"""

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

from public_texts import SOURCES, books, file_of, folder_of, talk

from inference_service.domain.moderation.tone import FINE

Example = tuple[str, str, float]
"""A text, its label, and its weight."""
_SENTENCE = re.compile(r"[^.?!\n]+[.?!\n]*")
_NAMES = re.compile(r"\[(?:USER|URL|NAME)\]|\bRT\b|&#?\w+;")
_SEXISM = {"1": ("threat", 1.0), "2": ("hate", 1.0), "3": ("hate", 0.5), "4": ("hate", 1.0)}
_TWEETS = {"0": ("hate", 1.0), "1": ("harassment", 0.3), "2": (FINE, 1.0)}
_DISLIKE = {"2", "3", "10", "11"}
"""Anger, annoyance, disapproval and disgust, in the numbers of GoEmotions: they may well be rude."""
FEW, SCARCE = 2.0, 4.0
"""Weights of what there is little of."""
LONGEST = 600


def left_out(text: str) -> bool:
    return zlib.crc32(text.strip().encode()) % 2 == 0


def labelled(clones: Path) -> Iterator[Example]:
    for source in SOURCES["labelled"]:
        if "folder" in source:
            examples = _about_groups(folder_of(clones, source))
        else:
            examples = _READERS[source["name"].split("/")[1]](file_of(clones, source))
        for text, label, weight in examples:
            yield _NAMES.sub(" ", text).strip()[:LONGEST], label, weight


def harmless(clones: Path) -> Iterator[str]:
    """What schools read, and requests to an assistant."""
    yield from (text for text, _ in books(clones))
    requests, _ = talk(clones)
    yield from requests


def _rows(data: bytes, delimiter: str = ",") -> Iterator[dict[str, str]]:
    csv.field_size_limit(1 << 24)
    return csv.DictReader(io.StringIO(data.decode("utf-8", "replace")), delimiter=delimiter)


def _spans(data: bytes) -> Iterator[Example]:
    """Posts in which what is toxic is marked: sentences with a mark, and the others of the same post."""
    for row in _rows(data):
        marked = set(json.loads(row["spans"]))
        for sentence in _SENTENCE.finditer(row["text"]):
            toxic = not marked.isdisjoint(range(*sentence.span()))
            if marked:
                yield sentence[0], "harassment" if toxic else FINE, 1.0


def _talk_pages(data: bytes) -> Iterator[Example]:
    for row in _rows(data):
        if row["label"][:1] in ("0", "1"):
            yield row["text"], FINE if row["label"][0] == "0" else "harassment", 1.0


def _sexism(data: bytes) -> Iterator[Example]:
    for row in _rows(data):
        label, weight = _SEXISM.get(row["label_category"][:1], (FINE, 0.3))
        yield row["text"], label, weight


def _to_a_bot(data: bytes) -> Iterator[Example]:
    for row in _rows(data):
        votes = {name: value.startswith("1") for name, value in row.items() if name and value}
        abusive = sum(votes[name] for name in votes if re.search(r"is_abuse\.-\d$", name))
        fine = sum(votes[name] for name in votes if re.search(r"is_abuse\.\d$", name))
        sexual = sum(votes[name] for name in votes if "sex_harassment" in name)
        if abusive > fine:
            yield row["user"], "sexual" if 2 * sexual >= abusive else "harassment", 1.0
        elif not abusive:
            yield row["user"], FINE, 1.0


def _tweets(data: bytes) -> Iterator[Example]:
    for row in _rows(data):
        if not left_out(row["tweet"]):
            yield row["tweet"], *_TWEETS[row["class"]]


def _about_groups(files: Iterator[tuple[str, str]]) -> Iterator[Example]:
    """Statements about groups of people, in prompts; a file is named after what its statements are."""
    for name, text in sorted(files):
        statements = {part.strip("- ") for line in text.splitlines() for part in line.split("\\n")}
        yield from ((statement, "hate" if name.startswith("hate_") else FINE, FEW) for statement in sorted(statements))


def _moderated(data: bytes) -> Iterator[Example]:
    for line in gzip.decompress(data).decode().splitlines():
        row = json.loads(line)
        found = {name for name, value in row.items() if value == 1}
        if left_out(row["prompt"][:2000]) or not (label := _category(found)):
            continue
        yield row["prompt"], label, SCARCE if label == "self_harm" else FEW


def _category(found: set[str]) -> str:
    """Empty for what only tells of violence."""
    for names, label in (({"S", "S3"}, "sexual"), ({"SH"}, "self_harm"), ({"H", "H2"}, "hate"), ({"HR"}, "harassment")):
        if found & names:
            return label
    return "" if found else FINE


def _toxic(data: bytes) -> Iterator[Example]:
    for row in _rows(data):
        if not left_out(row["text"]):
            yield row["text"], "harassment" if row["is_toxic"] == "Toxic" else FINE, FEW


def _messages(data: bytes) -> Iterator[Example]:
    for line in data.decode().splitlines():
        label, text = line.split("\t", 1)
        if not left_out(text):
            yield text, "spam" if label == "spam" else FINE, SCARCE if label == "spam" else 1.0


def _comments(data: bytes) -> Iterator[Example]:
    for line in data.decode().splitlines():
        text, emotions, _ = line.split("\t")
        if _DISLIKE.isdisjoint(emotions.split(",")):
            yield text, FINE, 1.0


_READERS = {
    "toxic_spans": _spans,
    "context_toxicity": _talk_pages,
    "edos": _sexism,
    "convabuse": _to_a_bot,
    "hate-speech-and-offensive-language": _tweets,
    "moderation-api-release": _moderated,
    "toxicity": _toxic,
    "pycon-2016-tutorial": _messages,
    "GoEmotions-pytorch": _comments,
}
