"""Counts of size, surfaces and English, each by a rule that one can repeat with grep or `ast`."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from benchmarks.house.sources import ROOT, Module, tracked

# Words that open no docstring, and names of no parameter.
OPENERS = frozenset(
    [
        "What",
        "Whether",
        "How",
        "Of",
        "Who",
        "Whom",
        "Whose",
        "Which",
        "Where",
        "When",
        "That",
        "As",
        "By",
        "From",
        "Those",
    ]
)
NAMES = frozenset(
    ["asked", "said", "told", "seen", "known", "found", "wanted", "heard", "wishes", "beside", "given", "one"]
)
COLUMNS = 120
ROUTE = re.compile(r"^\s+(?:re_)?path\(", re.MULTILINE)
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def code(modules: Iterable[Module]) -> dict[str, Any]:
    """Count what stands in Python files.

    Returns:
        By name: `lines`; `statements` without docstrings; `modules`; `tables`, classes that derive from `models.Model`;
        `routes`, lines of URL modules that open a path, those that include others among them; `refusal codes`,
        different words that a `Refusal` is made with; `ports`, names that a `Port` is assigned to; `settings`,
        different variables read from the environment; `docstrings`, and of them openers by word; parameters by name;
        lines over 120 columns.
    """
    modules = list(modules)
    docstrings = [text for module in modules for text in docstrings_of(module.tree)]
    openers = Counter(word for word in map(opener, docstrings) if word in OPENERS)
    names = Counter(name for module in modules for name in parameters(module.tree) if name in NAMES)
    statements = sum(isinstance(node, ast.stmt) for module in modules for node in ast.walk(module.tree))
    return {
        "lines": sum(len(module.text.splitlines()) for module in modules),
        "statements": statements - len(docstrings),
        "modules": len(modules),
        "tables": sum(is_table(node) for module in modules for node in ast.walk(module.tree)),
        "routes": sum(len(ROUTE.findall(module.text)) for module in modules if module.path.name.endswith("urls.py")),
        "refusal codes": len({word for module in modules for word in refusal_codes(module.tree)}),
        "ports": sum(is_port(node) for module in modules for node in ast.walk(module.tree)),
        "settings": len({name for module in modules for name in variables(module)}),
        "docstrings": len(docstrings),
        "docstring openers": openers.total(),
        "docstrings by opener": dict(openers.most_common()),
        "parameter names": names.total(),
        "parameters by name": dict(names.most_common()),
        "lines over 120 columns": sum(len(line) > COLUMNS for module in modules for line in module.text.splitlines()),
    }


def surfaces() -> dict[str, int]:
    """Count lines of templates and JavaScript, and words of `docs/` and of the Markdown files at the top."""
    return {
        "lines of templates": sum(text.count("\n") for text in texts("templates/*")),
        "lines of JavaScript": sum(text.count("\n") for text in texts("static/*.js")),
        "words of documents": sum(words(text) for text in texts(":(glob)*.md", "docs/*.md")),
    }


def texts(*patterns: str) -> Iterator[str]:
    return ((ROOT / path).read_text() for path in tracked(*patterns))


def words(text: str) -> int:
    """Count what stands between blanks and has a letter or a digit, so that bars and rules of tables are no words."""
    return sum(any(map(str.isalnum, word)) for word in text.split())


def docstrings_of(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and (text := ast.get_docstring(node)) is not None:
            yield text


def opener(docstring: str) -> str:
    """First word of a docstring."""
    return re.split(r"\W", docstring.strip(), maxsplit=1)[0]


def parameters(tree: ast.Module) -> Iterator[str]:
    """Yield parameters of functions and lambdas, `*args` and `**kwargs` among them."""
    for node in ast.walk(tree):
        if isinstance(node, FUNCTION):
            taken = node.args
            rest = [argument for argument in (taken.vararg, taken.kwarg) if argument]
            yield from (each.arg for each in (*taken.posonlyargs, *taken.args, *taken.kwonlyargs, *rest))


def is_table(node: ast.AST) -> bool:
    return isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "models.Model" for base in node.bases)


def is_port(node: ast.AST) -> bool:
    return isinstance(node, ast.Assign | ast.AnnAssign) and called(node.value) == "Port"


def refusal_codes(tree: ast.Module) -> Iterator[str]:
    """Yield codes that stand as words in `Refusal("code", …)`."""
    for node in ast.walk(tree):
        if called(node) == "Refusal" and isinstance(word := first_argument(node), str):
            yield word


def variables(module: Module) -> Iterator[str]:
    """Yield names that code reads from the environment through `miniatures_site.settings.env`."""
    for node in ast.walk(module.tree):
        is_read = isinstance(node, ast.Call) and (
            ast.unparse(node.func).startswith("env.") or (module.path.name == "env.py" and called(node) == "text")
        )
        if is_read and isinstance(name := first_argument(node), str) and name.isupper():
            yield name


def called(node: ast.AST | None) -> str:
    """Name of what a call calls, without what stands before its last dot; empty for other nodes."""
    if not isinstance(node, ast.Call):
        return ""
    return str(getattr(node.func, "id", getattr(node.func, "attr", "")))


def first_argument(node: ast.AST) -> object:
    """Value of a call's first argument if that is a constant."""
    first = node.args[0] if isinstance(node, ast.Call) and node.args else None
    return first.value if isinstance(first, ast.Constant) else None
