"""Prose passages of the Python standard library's documentation (PSF licence), read from the running interpreter."""

import ast
import re
import sysconfig
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Final

_SHOWN_CODE: Final = re.compile(r">>>|::|\|  |={4}|-{4}|\.\. ")
_WORD: Final = re.compile(r"[a-z]{3,14}")
_MIN_CHARS: Final = 80
_MAX_CHARS: Final = 1200


def _docstrings(source: Path) -> Iterator[str]:
    try:
        tree = ast.parse(source.read_text("utf-8"))
    except (SyntaxError, UnicodeDecodeError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""


def _topics(library: Path) -> Iterator[str]:
    """Yield topics of the language reference as shipped for `help()`: the string values of one dict."""
    path = library / "pydoc_data" / "topics.py"
    if not path.exists():
        return
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@cache
def library_passages() -> tuple[str, ...]:
    """Read prose paragraphs of the standard library's documentation, once each, in path order.

    Returns:
        Paragraphs of 80 to 1,200 characters with collapsed white space, without code and tables. The set depends on the
        Python version.
    """
    library = Path(sysconfig.get_path("stdlib"))
    passages: dict[str, None] = {}
    sources = sorted(path for path in library.rglob("*.py") if not {"site-packages", "test", "tests"} & set(path.parts))
    texts = [text for path in sources for text in _docstrings(path)]
    for text in [*texts, *_topics(library)]:
        for block in re.split(r"\n\s*\n", text):
            passage = " ".join(block.split())
            if _MIN_CHARS <= len(passage) <= _MAX_CHARS and passage[-1] in ".!?" and not _SHOWN_CODE.search(block):
                passages[passage] = None
    return tuple(passages)


@cache
def _words() -> tuple[str, ...]:
    return tuple(sorted({word for passage in library_passages() for word in _WORD.findall(passage)}))


def some(rng: Random, most: int) -> list[str]:
    """Draw one to `most` consecutive passages."""
    passages = library_passages()
    at = rng.randrange(len(passages))
    return list(passages[at : at + rng.randint(1, most)])


def word(rng: Random) -> str:
    """Draw a lower-case word of the passages, rare ones as often as common ones."""
    return rng.choice(_words())


def run_of_words(rng: Random) -> str:
    """Draw two to eight consecutive words of a passage, with punctuation."""
    words = rng.choice(library_passages()).split()
    at = rng.randrange(len(words) - 2)
    return " ".join(words[at : at + rng.randint(2, 8)])
