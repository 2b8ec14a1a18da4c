"""Translated pages hold no text outside the catalogues: neither templates, nor scripts,
nor what checks and refusals say.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from django.template import engines
from django.template.base import TextNode
from django.utils import translation

from review.bulk import bulk_undo, bulk_verdict, execution, planning
from review.spec import revision_prompts
from tests.web.language import sources
from tests.web.language.sources import ROOT
from web.language import sentences

# Templates of the pages in `TRANSLATED_PAGES`, and those that the desk's scripts fetch.
PAGES = {
    "review/desk/focus.html", "review/desk/draft.html", "review/desk/decisions.html", "review/bulk/list.html",
    "review/bulk/page.html", "review/bulk/clusters.html", "review/bulk/similar.html",
    "review/choose/page.html", "review/choose/ask.html", "review/choose/_ask.html", "review/comments/mentions.html",
    "review/desk/_card.html", "review/desk/_history.html", "review/bulk/approved.html", "account/login.html",
    "account/logout.html", "account/account_inactive.html", "account/ask_an_admin.html", "account/reauthenticate.html",
    "account/reauthenticate_by_sso.html", "account/signup_closed.html", "mfa/reauthenticate.html", "settings/join.html",
    "429.html", "socialaccount/authentication_error.html", "socialaccount/login_cancelled.html",
    # Drawn by template tags, which name them in Python.
    "web/_rail.html", "web/_ribbon.html", "web/_halt.html", "generation/_budget_banner.html",
    "review/comments/_panel.html", "review/datasets/_revocation.html",
}  # fmt: skip
# Names, keys, signs and examples of a notation.
PLAIN = {"Miniatures", "Esc", "v", "g", "A", "C", "E", "H", "M", "R", "S", "T", "X", "Z", "I", "2026-01-31"}
_TAG = re.compile(r"<[^>]*>|<!--.*?-->", re.DOTALL)
_SPOKEN = re.compile(r'\b(?:aria-label|title|placeholder|alt|data-confirm)="([^"]*)"')
_WORD = re.compile(r"[^\W\d_]")


def literal_texts(name: str) -> Iterator[str]:
    """Texts of a template that a reader sees or hears, and that no tag translates."""
    nodes = engines["django"].engine.get_template(name).nodelist.get_nodes_by_type(TextNode)
    # Tags of templates stand inside tags of HTML: they leave a gap that is no text.
    text = "\x00".join(node.s for node in nodes)
    for spoken in _SPOKEN.findall(text):
        yield from spoken.split("\x00")
    for shown in _TAG.sub("\x01", text).split("\x01"):
        yield from shown.split("\x00")


@pytest.mark.parametrize("name", sorted(sources.templates_of(PAGES)))
def test_a_template_of_a_translated_page_holds_no_text_of_its_own(name: str) -> None:
    texts = {" ".join(unescape(text).split()).strip('·×✓:,.–…"- ') for text in literal_texts(name)}

    assert [text for text in texts if _WORD.search(text) and text not in PLAIN and not _is_markup(text)] == []


def _is_markup(text: str) -> bool:
    """Return whether a text is the rest of a tag that a template's own tag had cut in two."""
    return (
        '"' in text or "=" in text or bool(re.fullmatch(r"(?:is-[a-z]+|[a-z]+-[a-z-]+|wide|bare)(?: [a-z-]+)*", text))
    )


SCRIPTS = sorted([*(ROOT / "static/js/desk").glob("*.js"), *(ROOT / "static/js/shell").glob("*.js")])
_STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`')
_MARKED = re.compile(r'\bn?gettext\(\s*"(?:[^"\\]|\\.)*"(?:,\s*"(?:[^"\\]|\\.)*")?')
_COMMENT = re.compile(r"/\*.*?\*/|^\s*//.*?$", re.DOTALL | re.MULTILINE)
# Thrown where the browser's memory fails, and shown to nobody.
UNSEEN = {"The browser's memory is held by an older page."}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_of_the_desk_marks_every_sentence_that_it_shows(path: Path) -> None:
    text = _MARKED.sub("", _COMMENT.sub("", path.read_text()))
    strings = [re.sub(r"\$\{[^}]*\}", "", first or second) for first, second in _STRING.findall(text)]

    assert [
        each for each in strings if re.match(r"[A-Z][a-z]+ [a-z]|.*[a-z] [a-z]+[.;]", each) and each not in UNSEEN
    ] == []


def said_in(path: Path) -> Iterator[str]:
    """Sentences that a module's checks or refusals say, each placeholder filled with a sign."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in ("Mark", "_mark", "Refusal", "_wrong", "not_free", "DoesNotFitError"):
                given = [*node.args[(1 if name == "Refusal" else 0) :], *(each.value for each in node.keywords)]
                yield from (text for each in given for text in _texts(each))
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in (
            "message",
            "mend",
            "words",
            "hint",
        ):
            yield from _texts(node.value)


def _texts(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(each.value) if isinstance(each, ast.Constant) else "7" for each in node.values)
    elif isinstance(node, ast.IfExp):
        yield from (*_texts(node.body), *_texts(node.orelse))


CHECKS = sorted((ROOT / "review/text/checks").glob("*.py"))
DESK = sorted([*(ROOT / "review/desk").rglob("*.py"), *(ROOT / "review/bulk").glob("*.py")])
# Refusals of what only a program can send; guidelines and shares are pages for leads, in English.
FOR_PROGRAMS = re.compile(
    r"UUID|id was already used|If-Match|ETag|is not a verdict|A retract names|Fields belong|An edit brings"
    r"|Reasons belong|Seconds are|"
    r"in the order they were shown|none of those shown|not all for this record|under different versions"
    r"|more than that match|Narrow the filters|must name its preview|send its tag"
)
LEADS = {"guidelines", "assignments.py", "lead_queue.py"}
# Filled with what is a sentence of its own, or stands within one.
NESTED = re.compile(r"7 characters; 7 fit, 7|The (?:name|number|date|time|address|currency) 7.*")


@pytest.mark.parametrize(
    "path", [path for path in (*CHECKS, *DESK) if not LEADS & {path.name, path.parent.name}], ids=lambda path: path.stem
)
def test_what_a_check_or_a_refusal_says_is_in_the_catalogues(path: Path) -> None:
    with translation.override("de"):
        untranslated = [
            text
            for text in said_in(path)
            if re.match(r"['A-Z7].* |[A-Z]\w+ 7$", text)
            and not FOR_PROGRAMS.search(text)
            and not NESTED.fullmatch(text)
            and sentences.in_language(text) == text
        ]

    assert untranslated == []


def test_why_a_draft_is_left_out_of_a_bulk_decision_is_in_the_catalogues() -> None:
    modules = (planning, execution, bulk_undo)
    reasons = [
        text for module in modules for name, text in vars(module).items() if name.isupper() and type(text) is str
    ]

    with translation.override("de"):
        assert len(reasons) > 10
        assert [
            text for text in reasons if text not in bulk_verdict.VERDICTS and sentences.in_language(text) == text
        ] == []
        assert sentences.in_language("3 passed over: judged already.") == "3 übergangen: bereits beurteilt."


def test_words_that_the_desk_takes_from_code_are_in_the_catalogues() -> None:
    with translation.override("de"):
        labels = [preset.label for preset in revision_prompts.PRESETS]

        assert all(translation.gettext(label) != label for label in labels)
        assert sentences.in_language("12 % changed") == "12 % geändert"
