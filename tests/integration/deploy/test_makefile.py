"""The Makefile says which Python it can be installed with before it makes anything."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# Python with another number; it has no venv module, so that nothing is made.
INTERPRETER = """#!/bin/sh
[ "$1" = -c ] && exec {python} -c "import sys; sys.version_info = {version}; $2"
[ "$1" = --version ] && echo "Python of that version" || exit 1
"""


@pytest.fixture
def install(tmp_path):
    """Runs `make install` with a Python of that version; returns what it says."""

    def run(*version):
        python = tmp_path / "python"
        python.write_text(INTERPRETER.format(python=sys.executable, version=version))
        python.chmod(0o755)
        command = ["make", "install", f"PYTHON={python}", f"VENV={tmp_path / 'venv'}"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 2
        return done.stdout

    return run


@pytest.mark.parametrize("minor", [10, 15])
def test_a_python_that_lacks_packages_is_refused_with_what_to_do(minor, install):
    said = install(3, minor, 0)
    assert "needs Python 3.11, 3.12, 3.13 or 3.14" in said
    assert "make PYTHON=python3.12 install" in said


@pytest.mark.parametrize("minor", [11, 12, 13, 14])
def test_other_pythons_go_on_to_the_virtual_environment(minor, install):
    assert "venv module is missing" in install(3, minor, 0)
