"""Where the wheels keep their servers; a missing one is said plainly."""

import os
import sysconfig
from importlib.util import find_spec
from pathlib import Path

from local_mesh.errors import WheelMissing


def script(name: str, *, wheel: str, variable: str) -> str:
    """The path of a server a wheel put beside the Python interpreter. Raises WheelMissing."""
    return _existing(Path(sysconfig.get_path("scripts")) / name, wheel, variable)


def packaged(package: str, inner: str, *, wheel: str, variable: str) -> str:
    """The path of a server inside a package's folder, found without importing it. Raises WheelMissing."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise WheelMissing(wheel, variable)
    return _existing(Path(spec.origin).parent / inner, wheel, variable)


def _existing(path: Path, wheel: str, variable: str) -> str:
    if not os.access(path, os.X_OK):
        raise WheelMissing(wheel, variable)
    return str(path)
