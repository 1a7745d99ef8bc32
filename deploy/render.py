"""Writes what deployments read: a gateway's configuration each, and NATS' consumers; `--check` fails when one is stale."""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from local_mesh.servers import nats_users

HERE = Path(__file__).parent
# Where the image of deploy/Dockerfile keeps them.
IN_THE_IMAGE = {
    "assets-dir": "/app/share/gateway",
    "swagger-dir": "/app/share/swagger",
    "media-dir": "/var/lib/littlemonster/media",
}
HEADER = "# Written by `make deploy` from deploy/gateways.yaml and the contracts. Change those, not this file.\n"


def gateways() -> Mapping[str, Mapping[str, object]]:
    """Options by the file they are for."""
    found: Mapping[str, Mapping[str, object]] = yaml.safe_load((HERE / "gateways.yaml").read_text())
    return found


def rendered(options: Mapping[str, object]) -> str:
    """Envoy's configuration with these options."""
    arguments = [f"--{name}={value}" for name, value in {**IN_THE_IMAGE, **options}.items()]
    command = [sys.executable, "-m", "gateway", "render", *arguments]
    return HEADER + subprocess.run(command, check=True, capture_output=True, text=True).stdout


def files() -> Iterator[tuple[str, str]]:
    """Each file below this folder with what it holds today."""
    for name, options in gateways().items():
        yield name, rendered(options)
    yield "nats/consumers.json", json.dumps(nats_users.consumers(), indent=2) + "\n"


def main() -> int:
    """The exit status: 1 when --check finds a stale file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale = False
    for name, text in files():
        file = HERE / name
        if check and (not file.exists() or file.read_text() != text):
            print(f"{file} is stale. Run `make deploy` and commit what it writes.", file=sys.stderr)
            stale = True
        elif not check:
            file.write_text(text)
    return int(stale)


if __name__ == "__main__":
    sys.exit(main())
