"""docs/api.md says what the code says."""

from pathlib import Path

from gateway.errors import ERRORS
from gateway.reference import END, START, reasons_section, with_section

PAGE = Path(__file__).parents[3] / "docs/api.md"


def test_the_page_holds_the_generated_section():
    text = PAGE.read_text()
    assert with_section(text) == text, "Run `python -m gateway reference` and commit docs/api.md."


def test_every_reason_is_explained():
    section = reasons_section()
    assert all(f"`{error.reason}`" in section for error in ERRORS)


def test_only_what_stands_between_the_marks_is_replaced():
    page = f"before\n{START}\nold\n{END}\nafter\n"
    replaced = with_section(page)
    assert replaced.startswith("before\n")
    assert replaced.endswith("\nafter\n")
    assert "old" not in replaced
    assert reasons_section() in replaced
