"""What rules and use cases may import brings nothing heavy with it."""

import subprocess
import sys

import pytest

HEAVY = ["alembic", "cryptography", "google.protobuf", "grpc", "jwt", "nats", "opentelemetry", "psycopg", "pydantic"]
HEAVY += ["sqlalchemy", "sqlmodel", "uvloop"]
PROGRAM = "import sys, {module}; print(*(name for name in {heavy} if name in sys.modules))"


@pytest.mark.parametrize("name", ["errors", "caller", "clock", "ids", "pagination"])
def test_a_pure_module_imports_nothing_heavy(name: str) -> None:
    program = PROGRAM.format(module=f"servicekit.{name}", heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
