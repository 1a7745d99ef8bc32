"""The generated sections of docs/api.md: the gateway's own errors, and the calls that are not built yet."""

import re

from gateway.built import not_built
from gateway.errors import ERRORS

START = "<!-- generated: {} -->"
END = "<!-- end -->"


def with_sections(page: str) -> str:
    """The page with its generated sections as they should be; everything else stays."""
    for name, section in (("reasons", reasons_section()), ("not-built", not_built_section())):
        between = re.compile(f"({re.escape(START.format(name))}\n).*?({END})", re.DOTALL)
        page = between.sub(lambda match, text=section: match[1] + text + match[2], page)  # type: ignore[misc]  # early bound
    return page


def reasons_section() -> str:
    """A table of what the gateway answers by itself."""
    rows = [f"| `{e.reason}` | {e.status} | {e.code} | {e.when} |" for e in ERRORS]
    return "\n".join(["| reason | HTTP | code | when |", "|---|---|---|---|", *rows]) + "\n"


def not_built_section() -> str:
    """A list of the calls that answer UNIMPLEMENTED."""
    lines = [
        f"- `{rpc.service}.{rpc.name}`" + (f": `{rpc.verb} {rpc.json_path}`" if rpc.path else "") for rpc in not_built()
    ]
    return "\n".join(lines) + "\n"
