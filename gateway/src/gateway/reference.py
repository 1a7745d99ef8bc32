"""The generated section of docs/api.md: the gateway's own errors."""

import re

from gateway.errors import ERRORS

START = "<!-- generated: reasons -->"
END = "<!-- end -->"


def with_section(page: str) -> str:
    """The page with its generated section as it should be; everything else stays."""
    return re.sub(
        f"({START}\n).*?({END})", lambda match: match[1] + reasons_section() + match[2], page, flags=re.DOTALL
    )


def reasons_section() -> str:
    """A table of what the gateway answers by itself."""
    rows = [f"| `{e.reason}` | {e.status} | {e.code} | {e.when} |" for e in ERRORS]
    return "\n".join(["| reason | HTTP | code | when |", "|---|---|---|---|", *rows]) + "\n"
