"""What the pages say of settings, tables, events and protection is what the code and the databases are today."""

import json
import re
import runpy
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import MetaData
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from local_mesh.servers.databases import SERVICES

ROOT = Path(__file__).parents[3]
DATABASE_PAGE = (ROOT / "docs/database.md").read_text()
DECISIONS = sorted((ROOT / "docs/decisions").glob("*.md"))
PAGES = [
    *(ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))),
    *sorted((ROOT / "services").rglob("README.md")),
]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
CALLS = {
    f"{verb.upper()} {re.sub(r'{[^}]*}', '{}', path)}"
    for path, calls in json.loads((ROOT / "gateway/src/gateway/openapi.json").read_text())["paths"].items()
    for verb in calls
}
PROTECTED = """
    select c.relname, pg_get_expr(p.polqual, p.polrelid)
    from pg_class c left join pg_policy p on p.polrelid = c.oid and p.polcmd = 'r'
    where c.relrowsecurity and c.relforcerowsecurity and c.relnamespace = 'public'::regnamespace
"""


def test_the_generated_sections_are_up_to_date():
    done = subprocess.run([sys.executable, "docs/generate.py", "--check"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_table_whose_class_does_not_say_what_it_holds_is_refused():
    metadata = MetaData()

    class Base(SQLModel, registry=registry(metadata=metadata)):
        """Of this test alone."""

    class Silent(Base, table=True):
        id: int = Field(primary_key=True)

    purposes = runpy.run_path(str(ROOT / "docs/generate.py"))["_purposes"]
    with pytest.raises(LookupError, match=r"Silent has no docstring"):
        list(purposes(SQLModel, metadata))


@pytest.mark.parametrize("service", SERVICES)
def test_the_page_names_every_protected_table_and_its_owner(service, make_database):
    with psycopg.connect(make_database(service).owner) as connection:
        policies = dict(connection.execute(PROTECTED).fetchall())
    rows = re.findall(rf"^\| `{service}\.(\w+)` \| `(\w+)` \|([^|]*)\|", DATABASE_PAGE, re.MULTILINE)
    assert {table for table, _, _ in rows} == set(policies)
    for table, owner, readers in rows:
        assert f"({owner})::text" in policies[table], f"{service}.{table} belongs to another column"
        assert ("everybody" in readers) == ("status" in policies[table])
        assert ("moderators" in readers) == ("MODERATOR" in policies[table])


def test_decisions_are_numbered_without_gaps_and_their_headings_say_the_same():
    assert [page.name[:4] for page in DECISIONS] == [f"{number:04}" for number in range(1, len(DECISIONS) + 1)]
    assert not [page.name for page in DECISIONS if not page.read_text().startswith(f"# {page.name[:4]} ")]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_link_between_pages_leads_somewhere(page):
    linked = [link for link in re.findall(r"\]\(([^)\s]+)", page.read_text()) if "://" not in link]
    assert not [link for link in linked if not leads_somewhere(page, link)]


def leads_somewhere(page, link):
    """Whether the file is there and, where the link names one, has a heading with that anchor."""
    name, _, anchor = link.partition("#")
    target = page.parent / name if name else page
    return target.exists() and (not anchor or anchor in anchors(target.read_text()))


def anchors(text):
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_test_and_file_a_page_names_exists(page):
    named = re.findall(r"`((?:tests|deploy|services|libs|gateway|protos|docs)/[\w./-]+)`", page.read_text())
    assert not [path for path in named if not (ROOT / path).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_call_and_every_make_target_a_page_names_is_there(page):
    text = page.read_text()
    calls = re.findall(r"(?:GET|POST|PUT|PATCH|DELETE) /v1/[\w/{}:-]+", text)
    targets = re.findall(r"`(?:\w+=\S+ )*make (?:\w+=\S+ )*([a-z-]+)", text)
    assert not [call for call in calls if re.sub(r"{[^}]*}", "{}", call) not in CALLS]
    assert not [target for target in targets if target not in TARGETS]
