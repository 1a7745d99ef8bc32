"""Which of the terminal's variables a process is handed: those of its own settings, as docs/deployment.md lists them."""

from collections.abc import Mapping
from importlib import import_module

from servicekit.settings import ServiceSettings

_PREFIX = "LM_"
_STORE = "AWS_"  # what the library of object stores reads by itself
_AUTH = {"auth": "ApiSettings", "auth-worker": "WorkerSettings"}


def chosen(name: str, environment: Mapping[str, str]) -> dict[str, str]:
    """What the process reads besides what every process does, for that is the mesh's to say; empty texts are none."""
    service = name.partition("-")[0]
    settings: type[ServiceSettings] = getattr(import_module(f"{service}_service.settings"), _AUTH.get(name, "Settings"))
    own = settings.model_fields.keys() - ServiceSettings.model_fields.keys()
    read = {f"{_PREFIX}{field.upper()}" for field in own}
    stored = service == "content"
    return {
        key: text for key, text in environment.items() if text and (key in read or (stored and key.startswith(_STORE)))
    }
