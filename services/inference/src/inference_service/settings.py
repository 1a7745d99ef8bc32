"""What the inference process is told by its environment."""

from pathlib import Path

from pydantic import Field

from inference_service.domain.models import EngineName
from servicekit.settings import ServiceSettings


class Settings(ServiceSettings):
    """Settings of the inference service; it has no database and no broker."""

    model_registry: Path | None = None
    """YAML file that lists the models, whose files lie beside it or in LM_MODELS_DIR; the shipped registry when unset."""

    models_dir: Path | None = None
    """Folder that `lm models pull` puts files into. Without it only the registry's own folder is looked at."""

    model: str = Field(default="little-monster-nano", min_length=1, max_length=128)
    """Name of the registry's model that is loaded from the start and never unloaded to make room."""

    engine: EngineName = EngineName.CTRANSFORMERS
    """Library that runs models: ctransformers, or xllamacpp where its extra is installed."""

    model_threads: int = Field(default=1, ge=1, le=64)
    """Threads that each loaded model computes with. The sum over all models must not exceed the cores."""

    model_context: int = Field(default=4096, ge=64, le=1 << 17)
    """Most tokens of prompt and answer together; the model's own limit if that is lower."""

    model_places: int = Field(default=4, ge=1, le=64)
    """Requests that xllamacpp works on at a time, each with a context of its own; ctransformers works on one."""

    model_gpu_layers: int = Field(default=0, ge=0, le=1000)
    """Layers of each model that a graphics processor computes; needs the extra `cuda`, see `make gpu-check`."""

    model_keep_alive_seconds: float = Field(default=600.0, ge=1, le=86_400)
    """How long a model that nobody uses stays loaded."""

    models_loaded: int = Field(default=2, ge=1, le=16)
    """Most models that are loaded at a time."""

    models_memory_mib: int | None = Field(default=None, ge=16)
    """Memory, in mebibytes, that loaded models may take together; half of what the machine or container has when unset."""

    help_resources: str = Field(default="", max_length=1000)
    """Where somebody who writes of hurting themselves finds help; lines of four English-speaking countries when unset."""

    queue_length: int = Field(default=32, ge=1, le=1024)
    """Requests that may wait for each model; one more makes the last in order go, with a time to come back."""
