"""Pages, forms, refusals and command helps use plain words: a list of banned turns stays at zero."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BANNED = re.compile(
    r"\b(told|stands?|(?:bears?|borne|bore) (?:(?:it|them|one|this|that|no \w+|nothing) )?out|asked|goes on|of whom"
    r"|nobody|whoever"
    r"|(?:came|comes?|becomes?|became) of|mend(?:s|ed|ing)?|anew|fate|parted|any more|yet to come|on the wire"
    r"|(?<!there )(?:is|are) no (?!longer|better|slot|placeholder|words)|(?:said|heard) of)\b",
    re.IGNORECASE,
)
# Folders and files whose strings no page shows as the product's own words, each with the reason.
EXEMPT = {
    "benchmarks": "reads measurements, shows no page",
    "demo/data": "texts of the demo's records, drafts and tasks, which its recordings were made from",
    "demo/offline_teacher": "texts that the demo's teacher writes",
    "demo/reply_sorter": "replies that the sorter is trained on",
    "demo/student": "texts that the demo's student is trained on",
    "campaigns/replies/ask_teacher.py": "a prompt",
    "campaigns/replies/parsing": "patterns and words found in replies",
    "generation/claims/prompt.py": "a prompt",
    "generation/judges/pair_prompt.py": "a prompt",
    "generation/judges/rubric.py": "a prompt",
    "generation/synthetic/plan.py": "a prompt",
    "review/spec/questions.py": "a prompt",
    "review/spec/judge_task.py": "a prompt, hashed with the task",
    "review/sources/imports/own_rows/wording.py": "a prompt",
    "review/spec/revision_prompts.py": "a prompt",
    "generation/learning/advice_prompt.py": "a prompt",
    "review/spec/starters": "instructions and rubrics, hashed with the demo's tasks",
    "review/text/verification": "words that rules look for",
}
SKIPPED = {".venv", "migrations", "node_modules", "tests", "var"}
# Attributes that a reader sees or hears.
SHOWN = re.compile(r'\b(?:title|alt|aria-label|aria-description|placeholder|content|data-confirm[\w-]*)="([^"]*)"')
COMMENTS = re.compile(
    r"{#.*?#}|{% comment.*?%}.*?{% endcomment %}|<!--.*?-->|<script(?![^>]*json).*?</script>", re.DOTALL
)


def shown_in_template(text: str) -> str:
    """Return the words that a template shows, the strings of its tags among them; line breaks stay."""
    text = COMMENTS.sub(_breaks, text)
    attributes = "\n".join(SHOWN.findall(text))
    code = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
    strings = [string for tag in code.findall(text) for string in re.findall(r'"([^"]*)"', tag) if " " in string]
    return "\n".join([re.sub(r"<[^>]*>", _breaks, code.sub(_breaks, text)), attributes, *strings])


def shown_in_python(source: str) -> Iterator[tuple[int, str]]:
    """Yield strings of several words, and capitalised single ones, that are not docstrings; each with its line."""
    tree = ast.parse(source)
    statements = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in statements
        if is_text and (" " in node.value.strip() or re.fullmatch("[A-Z][a-z]+", node.value)):
            yield node.lineno, node.value


def shown_in_script(source: str) -> Iterator[tuple[int, str]]:
    """Yield the strings of several words in a script, each with its line; templates without their code."""
    source = re.sub(r"/\*.*?\*/", _breaks, source, flags=re.DOTALL)
    for number, line in enumerate(source.splitlines(), 1):
        code = re.sub(r"(^|\s)//.*", "", line)
        for string in re.findall(r"\"([^\"]* [^\"]*)\"|`([^`]* [^`]*)`", code):
            yield number, re.sub(r"\$\{[^}]*\}", "…", "".join(string))


def _breaks(match: re.Match[str]) -> str:
    return " " + "\n" * match[0].count("\n")


def _files(pattern: str, *folders: str) -> Iterator[Path]:
    for folder in folders or (".",):
        for path in sorted((ROOT / folder).rglob(pattern)):
            place = path.relative_to(ROOT)
            names = {str(place), *map(str, place.parents)}
            if not names & EXEMPT.keys() and not SKIPPED & set(place.parts):
                yield path


def test_no_template_uses_a_banned_turn() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()[:120]}"
        for path in _files("*.html", "templates")
        for line in shown_in_template(path.read_text()).splitlines()
        if BANNED.search(line)
    ]

    assert found == []


def test_no_message_label_or_help_text_uses_a_banned_turn() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text.strip()[:120]}"
        for path in _files("*.py")
        if BANNED.search(source := path.read_text())
        for line, text in shown_in_python(source)
        if BANNED.search(text)
    ]

    assert found == []


def test_no_script_uses_a_banned_turn() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text[:120]}"
        for path in _files("*.js", "static/js")
        for line, text in shown_in_script(path.read_text())
        if BANNED.search(text)
    ]

    assert found == []


def test_every_exempt_place_exists() -> None:
    assert [place for place in EXEMPT if not (ROOT / place).exists()] == []


@pytest.mark.parametrize(
    ("template", "is_shown"),
    [
        ("<p>Nobody was asked.</p>", True),
        ('<button title="What came of it">…</button>', True),
        ('<button data-confirm="Verdicts bear it out: go on?">…</button>', True),
        ('{% include "x.html" with hint="The key stands there" %}', True),
        ("<p>{# nobody #}{{ asked }} {% if told %}{% endif %}</p>", False),
        ('<p class="asked" data-asked></p>', False),
    ],
)
def test_words_in_tags_and_attributes_count_and_names_do_not(template: str, is_shown: bool) -> None:
    assert bool(BANNED.search(shown_in_template(template))) is is_shown


def test_docstrings_and_identifiers_do_not_count() -> None:
    module = 'def told():\n    """Nobody was asked."""\n    return {"asked": refuse("Nobody was asked.")}\n'

    assert list(shown_in_python(module)) == [(3, "Nobody was asked.")]
