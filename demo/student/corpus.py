"""Pre-training text of the demo student: a seeded, endless stream.

Two sources: passages of the Python standard library's documentation, and generated exchanges over fact sheets.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from demo.student import documents, factsheets, names, passages
from demo.student.documents import ChatPair


@dataclass(frozen=True, slots=True)
class Mix:
    """Shares of the stream's items; documents from sheets take the rest.

    Attributes:
        echo: Repeated short lines.
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
        return documents.excerpt(rng, " ".join(passages.some(rng, rng.choice((1, 1, 3)))))
    sheet = factsheets.made_up(rng) if rng.random() < 0.6 else factsheets.draw(rng)
    return (documents.answers if kind < 0.5 else documents.rearranged)(rng, sheet)


def item(rng: Random, mix: Mix) -> ChatPair | str:
    """Draw one exchange or plain text, of a kind by the mix."""
    sort = rng.random()
    if sort < mix.plain:
        return "\n\n".join(passages.some(rng, 3))
    if sort < mix.plain + mix.echo:
        return documents.echo(rng)
    if sort < mix.plain + mix.echo + mix.copying:
        return _copied(rng)
    return documents.document(rng, factsheets.draw(rng))


def example_stream(seed: int, mix: Mix = MAIN_MIX) -> Iterator[ChatPair | str]:
    """Yield items without end, the same for the same seed, mix and Python version."""
    rng = names.WideRandom(seed)
    while True:
        yield item(rng, mix)
