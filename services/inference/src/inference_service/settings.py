"""What the inference process is told by its environment."""

from pathlib import Path

from pydantic import Field

from servicekit.settings import ServiceSettings


class Settings(ServiceSettings):
    """Settings of the inference service; it has no database and no broker."""

    model_registry: Path | None = None
    """YAML file that lists the models, whose files lie beside it; the shipped registry when unset."""

    model: str = Field(default="little-monster-nano", min_length=1, max_length=128)
    """Name of the registry's model that is loaded."""

    model_threads: int = Field(default=1, ge=1, le=64)
    """Threads that the model computes with. The sum over all models must not exceed the cores."""

    model_context: int = Field(default=4096, ge=64, le=1 << 17)
    """Most tokens of prompt and answer together; the model's own limit if that is lower."""
