"""Brings the generated sections of these pages up to date: `python docs/generate.py`; `--check` only looks."""

import argparse
import importlib
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from sqlalchemy import MetaData
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlmodel import SQLModel

from servicekit.settings import ServiceSettings

HERE = Path(__file__).parent
ROOT = HERE.parent
# "// subject: what happened." before "message Name {".
_EVENT = re.compile(r"^// ([a-z_]+\.[a-z_]+): ((?:.*\n)(?:// .*\n)*)message (\w+) \{", re.MULTILINE)
CLASSES = {
    "auth (API)": ("auth_service.settings", "ApiSettings"),
    "auth (worker)": ("auth_service.settings", "WorkerSettings"),
    "content": ("content_service.settings", "Settings"),
    "community": ("community_service.settings", "Settings"),
    "planner": ("planner_service.settings", "Settings"),
    "inference": ("inference_service.settings", "Settings"),
}
_DIALECT = PGDialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves its dialects untyped
DATABASES = ("auth", "content", "community", "planner")
# What servicekit adds to a service's schema; these tables have no class.
_SHARED = {
    "outbox": "[Events](events.md) that are still to be published, in the order of `position`.",
    "inbox": "[Events](events.md) already applied, by consumer, so that a second delivery changes nothing.",
    "erased_users": "Accounts erased lately, by an id that leads to nobody any more, and how many rows that were.",
}


def settings() -> str:
    """Every setting of every process, from the classes that read them."""
    parts = ["**Every process**\n\n" + _table(ServiceSettings.model_fields)]
    for title, (module, name) in CLASSES.items():
        fields: Mapping[str, FieldInfo] = getattr(importlib.import_module(module), name).model_fields
        own = {field: info for field, info in fields.items() if field not in ServiceSettings.model_fields}
        if own:
            parts.append(f"**{title}**\n\n{_table(own)}")
    return "\n\n".join(parts)


def _table(fields: Mapping[str, FieldInfo]) -> str:
    rows = [
        f"| `LM_{name.upper()}` | {_default(info)} | {_one_line(info.description)} |" for name, info in fields.items()
    ]
    return "\n".join(["| variable | default | meaning |", "|---|---|---|", *rows])


def _default(info: FieldInfo) -> str:
    if info.default is PydanticUndefined:
        return "required"
    if info.default is None:
        return "none"
    value = info.default.get_secret_value() if hasattr(info.default, "get_secret_value") else info.default
    return f"`{value}`"


def tables() -> str:
    """Every table of every database, from the classes that are the schema's source."""
    return "\n\n".join(f"### {service}\n\n{_schema(service)}" for service in DATABASES)


def _schema(service: str) -> str:
    metadata: MetaData = importlib.import_module(f"{service}_service.tables").METADATA
    purposes = _SHARED | dict(_purposes(SQLModel, metadata))
    rows = []
    for table in metadata.sorted_tables:
        columns = ", ".join(_columns(table.columns))
        rows.append(f"| `{table.name}` | {purposes[table.name]} | {columns} |")
    return "\n".join(["| table | what it holds | columns |", "|---|---|---|", *rows])


def _purposes(base: type[SQLModel], metadata: MetaData) -> Iterator[tuple[str, str]]:
    """Each table of the schema with its class's own docstring. Raises LookupError for a class without one."""
    for model in base.__subclasses__():
        table = vars(model).get("__table__")
        if table is not None and table.metadata is metadata:
            if not (purpose := _one_line(vars(model).get("__doc__"))):
                raise LookupError(f"{model.__qualname__} has no docstring: say there what table {table.name} holds.")
            yield table.name, purpose
        yield from _purposes(model, metadata)


def _columns(columns: object) -> Iterator[str]:
    for column in columns:  # type: ignore[attr-defined]  # SQLAlchemy's collection of columns
        kind = column.type.compile(dialect=_DIALECT).lower().replace(" with time zone", "tz")
        yield f"{column.name}&nbsp;{kind}{' null' if column.nullable else ''}"


def _one_line(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "").strip().replace("|", "\\|")


def events() -> str:
    """Every event, from the contracts' comments, with the services whose consumers name it."""
    rows = []
    for file in sorted(ROOT.glob("protos/littlemonster/*/v1/*_events.proto")):
        service = file.parts[-3]
        for subject, text, message in _EVENT.findall(file.read_text()):
            consumers = ", ".join(_consumers(subject)) or "nobody in the mesh"
            rows.append(
                f"| `{subject}` | `{message}` | {service} | {_one_line(text.replace('// ', ''))} | {consumers} |"
            )
    return "\n".join(["| subject | message | from | when | applied by |", "|---|---|---|---|---|", *rows])


def _consumers(subject: str) -> Iterator[str]:
    for file in sorted(ROOT.glob("services/*/src/*/consumers.py")):
        if re.search(rf'\bon\(\s*"{re.escape(subject)}"', file.read_text()):
            yield file.parts[-4]


SECTIONS: Mapping[str, Callable[[], str]] = {"settings": settings, "tables": tables, "events": events}
PAGES = ("deployment.md", "database.md", "events.md")


def with_sections(page: str) -> str:
    """The page with its generated sections as they are today."""

    def section(match: re.Match[str]) -> str:
        return f"<!-- generated: {match[1]} -->\n{SECTIONS[match[1]]()}\n<!-- end -->"

    return re.sub(r"<!-- generated: (\w+) -->\n.*?<!-- end -->", section, page, flags=re.DOTALL)


def main() -> int:
    """The exit status: 1 when --check finds a stale page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale = 0
    for name in PAGES:
        text = (HERE / name).read_text()
        if (today := with_sections(text)) != text:
            stale = 1
            print(f"docs/{name} is stale: run `python docs/generate.py`.", file=sys.stderr)
            if not check:
                (HERE / name).write_text(today)
    return stale if check else 0


if __name__ == "__main__":
    sys.exit(main())
