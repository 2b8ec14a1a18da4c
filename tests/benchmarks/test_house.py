"""Counts of the house agree with their rules, and the two of them that are bounds hold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.house import __main__ as house
from benchmarks.house import counts, sources, traces
from web import csv, strict_json

SERVICES = (
    '''"""What is done here."""

import re


class Draft(models.Model):
    """A draft."""

    def refuse(self, asked, *, note="", **found):
        raise Refusal("too_long", "Too long.")


class Opinion(Draft):
    writers = Port(lambda: None)


def refuse_again(draft, /):
    """Whose it is."""
    raise errors.Refusal("too_long", re.sub("x", lambda one: one[0], "'''
    + "x" * 120
    + """"))
"""
)
URLS = """
urlpatterns = [
    path("", include("review.urls")),
    re_path(r"^x$", view),
    path("drafts/", view, name="drafts"),
]
limit, other = env.number("LIMIT", 4), env.text("LIMIT")
"""


def test_each_count_follows_its_rule() -> None:
    modules = [
        sources.parsed(Path(path), text) for path, text in (("review/services.py", SERVICES), ("review/urls.py", URLS))
    ]

    assert counts.code(modules) == {
        "lines": 26,
        "statements": 10,
        "modules": 2,
        "tables": 1,
        "routes": 3,
        "refusal codes": 1,
        "ports": 1,
        "settings": 1,
        "docstrings": 3,
        "docstring openers": 2,
        "docstrings by opener": {"What": 1, "Whose": 1},
        "parameter names": 3,
        "parameters by name": {"asked": 1, "found": 1, "one": 1},
        "lines over 120 columns": 1,
    }


def test_bars_and_rules_of_tables_are_no_words() -> None:
    assert counts.words("| figure | – |\n| ---: | --- |\n| *drafts*, 2 | 40,000 → |\n") == 4


def test_rooms_are_top_folders_and_a_package_has_its_folders_name() -> None:
    package, command = sources.parsed(Path("web/net/__init__.py"), ""), sources.parsed(Path("manage.py"), "")

    assert (package.name, package.room) == ("web.net", "web")
    assert (command.name, command.room) == ("manage", "top level")


@pytest.mark.slow
def test_files_are_short_and_so_are_functions_and_rooms_add_up(capsys: pytest.CaptureFixture[str]) -> None:
    house.main([])

    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert figures["claim"] == "house"
    assert figures["modules"] > 500
    assert figures["longest file"] <= 300
    assert figures["function p90"] <= 20
    assert all(modules > 0 for modules in figures["loose modules"].values())
    for name in ("lines", "statements", "modules", "tables", "routes", "docstring openers"):
        assert sum(room[name] for room in figures["rooms"].values()) == figures[name]
    assert min(figures["lines of templates"], figures["lines of JavaScript"], figures["words of documents"]) > 1_000
    assert "entered" not in figures


def test_a_function_is_entered_when_it_is_called_and_not_for_being_imported() -> None:
    assert csv.__doc__  # imported, and not called

    functions = traces.traced(lambda: strict_json.loads('{"a": 1}'))

    assert {line.partition(":")[0] for line in functions} == {"web/strict_json.py"}
    assert any(line.endswith(" loads") for line in functions)
    assert traces.size(functions) == {"files": 1, "functions": len(functions)}
