"""The nano model's corpus: the curriculum's own lines and facts as (prompt, line) documents, the same for every run."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

TRAINING = Path(__file__).parent
CURRICULUM = TRAINING.parent / "src" / "inference_service" / "curriculum"
LINES = CURRICULUM / "lines.yaml"
LEVELS = ("intro", "standard", "honors")
PROMPT = "topic: {topic}\nsubject: {subject}\nlevel: {level}\nkind: {kind}\nsay:"
EXTRA_SUBJECT = "general"


def documents(seed: int, count: int) -> list[tuple[str, str]]:
    """Return `count` shuffled pairs of a prompt and its line; a line starts with a space and ends with a newline."""
    chooser = random.Random(seed)  # noqa: S311 - a repeatable choice, not a secret
    catalogue = list(_catalogue())
    return [_document(chooser, *chooser.choice(catalogue)) for _ in range(count)]


def _catalogue() -> Iterator[tuple[dict[str, Any], str, list[str], dict[str, list[str]]]]:
    templates = _read(LINES)["templates"]
    for file in sorted(CURRICULUM.glob("*.yaml")):
        if file != LINES:
            topic = _read(file)
            yield topic["phrases"], topic["subject"].lower(), [fact["say"] for fact in topic["facts"]], templates
    for phrases in _read(TRAINING / "extra_topics.yaml").values():
        yield phrases, EXTRA_SUBJECT, [], templates


def _document(
    chooser: random.Random, phrases: dict[str, Any], subject: str, facts: list[str], templates: dict[str, list[str]]
) -> tuple[str, str]:
    kind = chooser.choice([*templates, "hook", "closing", *(["fact"] if facts else [])])
    line = chooser.choice(facts) if kind == "fact" else _fill(chooser, chooser.choice(templates[kind]), phrases)
    prompt = PROMPT.format(topic=phrases["name"], subject=subject, level=chooser.choice(LEVELS), kind=kind)
    return prompt, f" {line}\n"


def _fill(chooser: random.Random, template: str, phrases: dict[str, Any]) -> str:
    return template.format(
        name=phrases["name"], **{slot: chooser.choice(phrases[slot]) for slot in ("wonder", "picture", "use")}
    )


def _read(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
