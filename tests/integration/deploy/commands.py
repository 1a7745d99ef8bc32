"""Commands of the environment, run at the repository's root."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def checked(*command):
    program = str(Path(sys.executable).parent / command[0])
    done = subprocess.run([program, *command[1:]], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
