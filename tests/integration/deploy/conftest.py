"""The deployments as they would reach a cluster or an engine, rendered from a copy of deploy/ with secrets of its own."""

import importlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from integration.deploy.commands import ROOT
from integration.deploy.manifests import OVERLAYS

Manifests = list[dict[str, Any]]


COMPONENTS = {"bucket": "../../base", "models": "../dev", "backup": "../dev"}


@pytest.fixture(scope="module")
def deploy(tmp_path_factory) -> Path:
    """A copy of deploy/ in which every secret has been made, and an overlay for each component that an operator may add."""
    folder = tmp_path_factory.mktemp("repository") / "deploy"
    shutil.copytree(ROOT / "deploy", folder, ignore=shutil.ignore_patterns("local", "state", "secrets"))
    for secrets in ("compose/state", "k8s/overlays/dev/secrets"):
        make = [sys.executable, str(folder / "make_secrets.py"), str(folder / secrets)]
        subprocess.run(make, check=True, capture_output=True)
    for component, base in COMPONENTS.items():
        overlay = folder / "k8s/overlays" / component
        overlay.mkdir()
        (overlay / "kustomization.yaml").write_text(
            f"resources: [{base}]\ncomponents: [../../components/{component}]\n"
        )
    return folder


@pytest.fixture(scope="module")
def rendered(deploy) -> Callable[[str], Manifests]:
    """What `kubectl kustomize` makes of a folder below k8s/."""

    def rendered(name: str) -> Manifests:
        command = [str(Path(sys.executable).with_name("kubectl")), "kustomize", str(deploy / "k8s" / name)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return list(yaml.load_all(done.stdout, Loader=yaml.CSafeLoader))

    return rendered


@pytest.fixture
def settings_of(monkeypatch) -> Callable[[str, Mapping[str, str]], Any]:
    """The settings that a process started as `python -m module` reads from an environment. Fails as the process would."""

    def settings_of(module: str, environment: Mapping[str, str]) -> Any:
        service, _, process = module.removesuffix("_service").partition("_service.")
        settings = importlib.import_module(f"{service}_service.settings")
        names = {"main": ("ApiSettings", "Settings"), "worker": ("WorkerSettings", "Settings")}[process]
        for variable in [name for name in environment if name.startswith("LM_")]:
            monkeypatch.setenv(variable, environment[variable])
        return next(getattr(settings, name) for name in names if hasattr(settings, name))()

    return settings_of


@pytest.fixture(scope="module", params=OVERLAYS)
def manifests(request, rendered):
    """Those of each overlay in turn."""
    return rendered(request.param)
