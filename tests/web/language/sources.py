"""Texts that templates, Python and scripts mark for the catalogues, read from the sources without GNU gettext."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.template import Template, engines
from django.template.loader_tags import ExtendsNode, IncludeNode
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

ROOT = Path(__file__).resolve().parents[3]
ROOMS = [each.parent for each in ROOT.glob("*/__init__.py") if each.parent.name not in ("tests", "benchmarks")]
# One text, or the two forms of what is counted.
Key = str | tuple[str, str]
MARKERS = {"gettext", "gettext_noop", "gettext_lazy", "_"}
_SCRIPT_ONE = re.compile(r'\bgettext\(\s*"((?:[^"\\]|\\.)*)"\s*\)')
_SCRIPT_MANY = re.compile(r'\bngettext\(\s*"((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)"')


def of_templates() -> set[Key]:
    """Texts of all templates of ours."""
    names = [str(path.relative_to(ROOT / "templates")) for path in (ROOT / "templates").rglob("*.html")]
    return {key for name in names for key in _of_template(engines["django"].engine.get_template(name))}


def _of_template(template: Template) -> Iterator[Key]:
    for node in template.nodelist.get_nodes_by_type(TranslateNode):
        literal = node.filter_expression.var.literal
        if isinstance(literal, str):
            yield literal.replace("%", "%%")
    for node in template.nodelist.get_nodes_by_type(BlockTranslateNode):
        singular = node.render_token_list(node.singular)[0]
        yield (singular, node.render_token_list(node.plural)[0]) if node.plural else singular


def of_python() -> set[Key]:
    """Texts that modules of the product mark."""
    return {key for room in ROOMS for path in room.rglob("*.py") for key in _of_module(path.read_text())}


def _of_module(text: str) -> Iterator[Key]:
    if "django.utils.translation" not in text and "review.text.checks.mark import" not in text:
        return
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        texts = [each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        if node.func.id in MARKERS and texts:
            yield texts[0]
        elif node.func.id == "ngettext" and len(texts) > 1:
            yield texts[0], texts[1]


def of_scripts() -> set[Key]:
    """Texts that scripts mark."""
    text = "\n".join(path.read_text() for path in (ROOT / "static" / "js").rglob("*.js"))
    counted: set[Key] = {(_plain(one), _plain(many)) for one, many in _SCRIPT_MANY.findall(text)}
    return counted | {_plain(each) for each in _SCRIPT_ONE.findall(text)}


def _plain(literal: str) -> str:
    return re.sub(r"\\(.)", r"\1", literal)


def templates_of(names: set[str]) -> set[str]:
    """These templates with those that they extend and include, as far as the names are fixed."""
    seen: set[str] = set()
    waiting = set(names)
    while waiting:
        name = waiting.pop()
        seen.add(name)
        nodes = engines["django"].engine.get_template(name).nodelist
        for node in [*nodes.get_nodes_by_type(ExtendsNode), *nodes.get_nodes_by_type(IncludeNode)]:
            expression = node.parent_name if isinstance(node, ExtendsNode) else node.template
            name = str(expression.resolve({}, ignore_failures=True) or "")
            if name and name not in seen:
                waiting.add(name)
    return seen
