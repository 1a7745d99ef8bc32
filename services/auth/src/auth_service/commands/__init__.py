"""What operators do at the machine itself, with the service's own role; `lm` runs the same beside a local mesh."""

import os
import sys


def database_url() -> str:
    """For containers: the database is LM_DATABASE_URL."""
    if url := os.environ.get("LM_DATABASE_URL"):
        return url
    sys.exit("Set LM_DATABASE_URL to auth's database.")
