"""What the service reads from its own files: the moderation policy, the classifiers, the registry of models."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter

from inference_service.domain.classification import FEATURES, SubjectModel
from inference_service.domain.linear import LinearModel
from inference_service.domain.models import ModelCard
from inference_service.domain.moderation.policy import Policy
from inference_service.domain.moderation.tone import BUCKETS, ToneModel

SHIPPED_REGISTRY = "models.yaml"
_NAME = re.compile(r"[\w.-]{1,100}", re.ASCII)
_FILE = re.compile(r"[^./\\\x00-\x1f][^/\\\x00-\x1f]{0,149}")
"""A name that stays in its folder, and leaves room for the endings of what `lm models pull` keeps beside it."""
_SHA256 = re.compile(r"(?:[0-9a-f]{64})?")
_Linear = TypeVar("_Linear", bound=LinearModel)


@dataclass(frozen=True, slots=True)
class Registry:
    """Models by name, in the order of the registry file. Their files lie in `folder`, or in `pulled` once they were pulled."""

    cards: tuple[ModelCard, ...]
    folder: Path
    pulled: Path | None = None

    def path(self, card: ModelCard) -> Path:
        """Where the model's file is, or belongs."""
        beside = self.folder / card.file
        return beside if self.pulled is None or beside.is_file() else self.pulled / card.file

    def pin(self, card: ModelCard) -> Path:
        """The file, as sha256sum writes it, that keeps the checksum of a model for which the registry has none."""
        return self.path(card).with_name(f"{card.file}.sha256")

    def described(self, card: ModelCard) -> ModelCard:
        """`card` with the checksum that its first download was pinned to, when the registry has none."""
        if card.sha256 or not self.pin(card).is_file():
            return card
        return replace(card, sha256=self.pin(card).read_text(encoding="ascii").split(maxsplit=1)[0])

    def card(self, name: str) -> ModelCard:
        """Raises ValueError when no model is called `name`."""
        for card in self.cards:
            if card.name == name:
                return card
        known = ", ".join(card.name for card in self.cards)
        raise ValueError(f"The registry has no model '{name}'. Set LM_MODEL to one of: {known}.")

    def present(self) -> frozenset[str]:
        """Names of the models whose files are on this machine."""
        return frozenset(card.name for card in self.cards if self.path(card).is_file())


@lru_cache(maxsize=1)
def read_policy() -> Policy:
    """The shipped moderation policy, with the names of its vocabulary written out."""
    written = yaml.safe_load(files("inference_service.moderation").joinpath("policy.yaml").read_text(encoding="utf-8"))
    vocabulary: dict[str, str] = written.pop("vocabulary")
    return TypeAdapter(Policy).validate_python(_written_out(written, vocabulary), extra="forbid")


def _written_out(value: Any, vocabulary: Mapping[str, str]) -> Any:
    """`value` with every <name> in its texts replaced, also inside the vocabulary's own entries."""
    if isinstance(value, dict):
        return {key: _written_out(part, vocabulary) for key, part in value.items()}
    if isinstance(value, list):
        return [_written_out(part, vocabulary) for part in value]
    if not isinstance(value, str):
        return value
    for name in reversed(list(vocabulary)):
        value = value.replace(f"<{name}>", vocabulary[name])
    return value


@lru_cache(maxsize=1)
def read_subject_model() -> SubjectModel:
    """The shipped classifier of subjects."""
    return _read_linear(SubjectModel, "subjects", FEATURES)


@lru_cache(maxsize=1)
def read_tone_model() -> ToneModel:
    """The shipped classifier of how a text sounds."""
    return _read_linear(ToneModel, "tone", BUCKETS)


def _read_linear(kind: type[_Linear], name: str, buckets: int) -> _Linear:
    folder = files("inference_service.classifiers")
    about = json.loads(folder.joinpath(f"{name}.json").read_text(encoding="utf-8"))
    weights = memoryview(folder.joinpath(f"{name}.bin").read_bytes()).cast("b")
    rows = [weights[start : start + buckets] for start in range(0, len(weights), buckets)]
    return kind(about["classes"], about["biases"], about["scales"], rows)


def read_registry(file: Path | None = None, pulled: Path | None = None) -> Registry:
    """The registry in `file`, the shipped one when None; pulled files lie in `pulled`. Raises ValueError when it is not valid."""
    if file is None:
        with as_file(files("inference_service.models").joinpath(SHIPPED_REGISTRY)) as shipped:
            return read_registry(shipped, pulled)
    cards = TypeAdapter(tuple[ModelCard, ...]).validate_python(
        yaml.safe_load(file.read_text(encoding="utf-8")), extra="forbid"
    )
    if not cards:
        raise ValueError(f"{file} must list at least one model. Correct it.")
    for card in cards:
        if problem := _problem(card):
            raise ValueError(f"{file}: model '{card.name}' {problem}. Correct it.")
    if len({card.name for card in cards}) < len(cards) or len({card.file for card in cards}) < len(cards):
        raise ValueError(f"{file} has two models of one name or one file. Give each its own.")
    return Registry(cards, file.parent, pulled)


def _problem(card: ModelCard) -> str:
    if not _NAME.fullmatch(card.name):
        return "needs a name of letters, digits, dots, dashes and underscores"
    if not _FILE.fullmatch(card.file):
        return f"has the file {card.file!r}, which must be a plain name without a folder"
    if card.size_bytes < 1 or card.context_length < 1 or card.parameters < 0 or card.cache_bytes_per_token < 0:
        return "has a size, a context, parameters or a cache below what is possible"
    if not _SHA256.fullmatch(card.sha256):
        return "needs a sha256 of 64 hexadecimal digits in lower case, or none"
    if card.source and not card.source.startswith(("https://", "http://")):
        return "has a source that does not begin with https:// or http://"
    return ""
