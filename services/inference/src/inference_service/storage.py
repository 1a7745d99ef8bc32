"""What the service reads from its own files: the moderation policy and the registry of models."""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path

import yaml
from pydantic import TypeAdapter

from inference_service.domain.generation import ModelCard
from inference_service.domain.moderation.policy import Policy

SHIPPED_REGISTRY = "models.yaml"


@dataclass(frozen=True, slots=True)
class Registry:
    """Models by name, in the order of the registry file, and the folder that holds their files."""

    cards: tuple[ModelCard, ...]
    folder: Path

    def path(self, card: ModelCard) -> Path:
        return self.folder / card.file

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
    """The shipped moderation policy."""
    text = files("inference_service.moderation").joinpath("policy.yaml").read_text(encoding="utf-8")
    return TypeAdapter(Policy).validate_python(yaml.safe_load(text), extra="forbid")


def read_registry(file: Path | None = None) -> Registry:
    """The registry in `file`, whose models lie beside it; the shipped one when None. Raises ValueError when it is not valid."""
    if file is None:
        with as_file(files("inference_service.models").joinpath(SHIPPED_REGISTRY)) as shipped:
            return read_registry(shipped)
    cards = TypeAdapter(tuple[ModelCard, ...]).validate_python(
        yaml.safe_load(file.read_text(encoding="utf-8")), extra="forbid"
    )
    if not cards or any(Path(card.file).name != card.file for card in cards):
        raise ValueError(f"{file} must list at least one model, each with a file name without a folder. Correct it.")
    return Registry(cards, file.parent)
