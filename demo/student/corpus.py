"""The text the demo student is pre-trained on, as a seeded, endless stream.

Two sources: passages of the Python standard library's own documentation (PSF licence), read from the running
interpreter, and generated exchanges over fact sheets.
"""

import ast
import re
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Final

from demo.student import documents, factsheets
from demo.student.documents import ChatPair

_SHOWN_CODE: Final = re.compile(r">>>|::|\|  |={4}|-{4}|\.\. ")
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
    """Topics of the language reference as shipped for `help()`: the string values of one dict."""
    path = library / "pydoc_data" / "topics.py"
    if not path.exists():
        return
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@cache
def library_passages() -> tuple[str, ...]:
    """Prose paragraphs of the standard library's documentation, once each, in path order.

    Returns:
        Paragraphs of 80 to 1,200 characters with white space collapsed; those
        that show code or tables are left out. The set depends on the Python version.
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


@dataclass(frozen=True, slots=True)
class Mix:
    """Shares of the stream's items; documents written from sheets take the rest.

    Attributes:
        echo: Short lines said again.
        copying: Answers, rearranged sheets and quotes.
        plain: Plain passages, one to three paragraphs each.
    """

    echo: float
    copying: float
    plain: float


MAIN_MIX: Final = Mix(echo=0.04, copying=0.26, plain=0.08)


def _copied(rng: Random) -> ChatPair:
    kind = rng.random()
    if kind < 0.15:
        passages = library_passages()
        at = rng.randrange(len(passages))
        return documents.excerpt(rng, " ".join(passages[at : at + rng.choice((1, 1, 1, 2, 3))]))
    sheet = factsheets.made_up(rng) if rng.random() < 0.6 else factsheets.draw(rng)
    return (documents.answers if kind < 0.5 else documents.rearranged)(rng, sheet)


def item(rng: Random, mix: Mix) -> ChatPair | str:
    """One exchange, or plain text, of a sort drawn by the mix."""
    sort = rng.random()
    if sort < mix.plain:
        passages = library_passages()
        at = rng.randrange(len(passages))
        return "\n\n".join(passages[at : at + rng.randint(1, 3)])
    if sort < mix.plain + mix.echo:
        return documents.echo(rng)
    if sort < mix.plain + mix.echo + mix.copying:
        return _copied(rng)
    return documents.document(rng, factsheets.draw(rng))


def example_stream(seed: int, mix: Mix = MAIN_MIX) -> Iterator[ChatPair | str]:
    """An endless stream of items, the same for the same seed, mix and Python version."""
    rng = Random(seed)
    while True:
        yield item(rng, mix)
