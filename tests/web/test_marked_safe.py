"""No text of a person reaches a page unescaped: what is marked safe, in templates, Python and scripts,
is listed with its reason.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
    "audit", "campaigns", "demo", "evaluation", "generation", "jobs", "members", "miniatures_site", "review", "serving",
    "stats", "training", "web", "webhooks",
)  # fmt: skip
# Ways by which a template leaves text unescaped. Django's own form templates show every help text unescaped.
IN_TEMPLATES = re.compile(
    r"\|\s*(?:safe|safeseq)\b|\{%\s*autoescape\s+off|\{\{\s*(?!attrs\b)(?:\w+\.)*form(?:\.as_\w+)?\s*[|}]|\.as_field_group|\.render\s*\}\}"
)
IN_SCRIPTS = re.compile(
    r"\b(?:innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|document\.write|setHTMLUnsafe)\b"
)
MARKING = frozenset({"mark_safe", "SafeString", "SafeText", "html_safe", "__html__"})
BUILDING = frozenset({"format_html", "format_html_join"})
# What may, and why.
ALLOWED = {
    "web/templatetags/figures.py: mark_safe": "as_json turns <, >, & and ' into escapes of JSON first",
    "static/js/serving/playground.js: innerHTML": "HTML of our own template, which escapes what a model wrote",
}


def found_in_template(text: str) -> list[str]:
    return [match[0] for match in IN_TEMPLATES.finditer(text)]


def found_in_python(text: str) -> Iterator[str]:
    """Names by which code marks text as safe, and `format_html` whose pattern is no literal."""
    for node in ast.walk(ast.parse(text)):
        name = getattr(node, "id", None) or getattr(node, "attr", None) if isinstance(node, ast.expr) else None
        if isinstance(node, ast.FunctionDef) and node.name in MARKING:
            yield node.name
        if not isinstance(node, ast.Call):
            # A type in an annotation marks nothing; a function handed on does.
            if name in MARKING - {"SafeString", "SafeText"} and isinstance(getattr(node, "ctx", None), ast.Load):
                yield str(name)
            continue
        called = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
        if called in {"SafeString", "SafeText"}:
            yield str(called)
        patterns = node.args[: 1 + (called == "format_html_join")]
        if called in BUILDING and not all(isinstance(arg, ast.Constant) for arg in patterns):
            yield f"{called} of a pattern that is put together"


@pytest.mark.slow
def test_nothing_is_marked_safe_but_what_is_listed_with_its_reason() -> None:
    found = set()
    for path in (ROOT / "templates").rglob("*.html"):
        found |= {f"{path.relative_to(ROOT)}: {each}" for each in found_in_template(path.read_text())}
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            found |= {f"{path.relative_to(ROOT)}: {each}" for each in found_in_python(path.read_text())}
        for path in (ROOT / room).rglob("*.html"):
            found |= {f"{path.relative_to(ROOT)}: {each}" for each in found_in_template(path.read_text())}
    for path in (ROOT / "static" / "js").rglob("*.js"):
        found |= {f"{path.relative_to(ROOT)}: {match[0]}" for match in IN_SCRIPTS.finditer(path.read_text())}

    assert found - set(ALLOWED) == set(), "Escape it, or list it with the reason why it cannot hold a person's markup."
    assert set(ALLOWED) - found == set(), "Listed, and no longer there."
    assert all(len(reason.split()) > 3 for reason in ALLOWED.values())


@pytest.mark.parametrize(
    "text",
    [
        "{{ field.help_text|safe }}", "{{ x | safe }}", "{{ x|default:y|safe }}", "{{ names|safeseq|join:' ' }}",
        "{% autoescape off %}", "{{ form }}", "{{ form.as_p }}", "{{ page.form.as_div }}", "{{ field.as_field_group }}",
    ],
)  # fmt: skip
def test_a_template_that_leaves_text_unescaped_is_found(text: str) -> None:
    assert found_in_template(text)


@pytest.mark.parametrize(
    "text", ["{{ form.name }}", "{{ x|safelinks }}", "{{ side.html }}", "{{ format }}", "{% if form %}"]
)
def test_a_template_that_escapes_is_not(text: str) -> None:
    assert not found_in_template(text)


@pytest.mark.parametrize(
    "text",
    [
        "mark_safe(x)", "safestring.mark_safe(x)", "SafeString(x)", "filter = mark_safe",
        "format_html(f'<p>{x}')", "format_html('<p>' + x)", "format_html(x)", "format_html_join(x, '{}', y)",
        "class A:\n    def __html__(self):\n        return self.x",
    ],
)  # fmt: skip
def test_code_that_marks_text_as_safe_is_found(text: str) -> None:
    assert list(found_in_python(text))


@pytest.mark.parametrize("text", ["format_html('<p>{}', x)", "def f() -> SafeString: ...", "from x import mark_safe"])
def test_code_that_escapes_is_not(text: str) -> None:
    assert not list(found_in_python(text))
