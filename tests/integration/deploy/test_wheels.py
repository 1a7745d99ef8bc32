"""Every locked package is ready-made for every Python the Makefile takes, so that no machine needs a compiler."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.tags import compatible_tags, cpython_tags
from packaging.utils import canonicalize_name, parse_wheel_filename

ROOT = Path(__file__).parents[3]
PLATFORMS = [f"manylinux_2_{minor}_x86_64" for minor in range(31, 4, -1)] + ["manylinux2014_x86_64"]
"""glibc 2.31, the oldest that the README names."""

NEEDS_NO_COMPILER = {"font-roboto"}
"""There is no wheel of it: four fonts and a line of Python."""


@pytest.fixture(scope="module")
def locked() -> list[Requirement]:
    command = [Path(sys.executable).parent / "uv", "export", "--quiet", "--frozen", "--offline", "--all-packages"]
    flags = ["--no-emit-workspace", "--no-hashes", "--no-annotate", "--no-header"]
    return [Requirement(line) for line in subprocess.check_output([*command, *flags], cwd=ROOT, text=True).splitlines()]


@pytest.fixture(scope="module")
def wheels() -> dict[tuple[str, str], list[str]]:
    packages = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    return {
        (package["name"], package.get("version", "")): [
            wheel["url"].rpartition("/")[2].replace("%2B", "+") for wheel in package.get("wheels", [])
        ]
        for package in packages
    }


@pytest.mark.parametrize("minor", [11, 12, 13, 14])
def test_every_locked_package_is_ready_made_for_a_python(minor, locked, wheels):
    tags = {
        *cpython_tags((3, minor), platforms=PLATFORMS),
        *compatible_tags((3, minor), f"cp3{minor}", PLATFORMS),
    }
    machine = {
        "python_version": f"3.{minor}",
        "python_full_version": f"3.{minor}.0",
        "sys_platform": "linux",
        "platform_machine": "x86_64",
    }
    wanted = [one for one in locked if one.marker is None or one.marker.evaluate(machine)]
    assert len(wanted) > 100
    lacking = set()
    for one in wanted:
        (pin,) = one.specifier
        names = wheels[canonicalize_name(one.name), pin.version]
        if not any(parse_wheel_filename(name)[3] & tags for name in names):
            lacking.add(one.name)
    assert lacking == NEEDS_NO_COMPILER
