"""Pre-training text of the demo encoder: a seeded, endless stream of pairs with the same meaning.

Four sources: our own messages (`messages.py`), a list of words in six languages (`words.txt`), the translated texts of
the installed Django (BSD-3-Clause), and neighbouring paragraphs of the Python standard library's documentation (PSF
licence).
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

import django

from demo.encoder import messages
from demo.encoder.messages import LANGUAGES
from demo.student.passages import library_passages

WORD_LIST: Final = Path(__file__).with_name("words.txt")
# Shares of the stream's pairs; messages take the rest.
WORDS, CATALOGUE, PASSAGES = 0.18, 0.14, 0.05
_PLACEHOLDER: Final = re.compile(r"%\((\w+)\)[sd]|%[sd]|\{(\w*)\}|&(?=\w)")
_SHORTEST, _LONGEST = 3, 400


class Side(NamedTuple):
    """Text of a pair and its language, an index into `LANGUAGES`."""

    text: str
    language: int


class Pair(NamedTuple):
    """Two texts with the same meaning, and the name of their concept, within which texts are no negatives."""

    concept: str
    first: Side
    second: Side


@cache
def words() -> tuple[tuple[str, ...], ...]:
    """Read words and short phrases in every language, in the order of `LANGUAGES`."""
    return tuple(tuple(line.split("|")) for line in WORD_LIST.read_text("utf-8").splitlines())


@cache
def catalogue() -> tuple[tuple[str, dict[str, str]], ...]:
    """Read English texts of the installed Django with two or more translations, by language."""
    texts: dict[str, dict[str, str]] = {}
    for language in LANGUAGES[1:]:
        for path in sorted(Path(django.__file__).parent.rglob(f"locale/{language}/LC_MESSAGES/*.mo")):
            with path.open("rb") as file:
                # The public interface looks up by key, and the keys themselves are needed here.
                entries = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
            for key, translated in entries.items():
                source = _plain(key.rpartition("\x04")[2]) if isinstance(key, str) else ""
                if _SHORTEST <= len(source) <= _LONGEST and translated:
                    texts.setdefault(source, {})[language] = _plain(translated)
    return tuple((source, translations) for source, translations in sorted(texts.items()) if len(translations) > 1)


def pairs(seed: int) -> Iterator[Pair]:
    """Yield pairs without end, the same for the same seed and versions of Python and Django."""
    rng = Random(seed)
    while True:
        sort = rng.random()
        if sort < WORDS:
            yield _of_words(rng)
        elif sort < WORDS + CATALOGUE:
            yield _of_catalogue(rng)
        elif sort < WORDS + CATALOGUE + PASSAGES:
            yield _of_passages(rng)
        else:
            yield _of_messages(rng)


def _of_messages(rng: Random) -> Pair:
    gist = rng.choice(messages.gists())
    at = [_drawn_language(rng) for _ in range(2)]
    if rng.random() < 0.35:
        at[1] = at[0]
    return Pair(gist, *(Side(_message(rng, LANGUAGES[language], gist), language) for language in at))


def _message(rng: Random, language: str, gist: str) -> str:
    text = messages.mail(rng, language, gist)
    return messages.sheet(rng, language, text) if rng.random() < 0.4 else text


def _of_words(rng: Random) -> Pair:
    rows = [rng.choice(words()) for _ in range(rng.choice((1, 1, 2, 3)))]
    first, second = rng.sample(range(len(LANGUAGES)), k=2)
    return Pair(
        "|".join(row[0] for row in rows), *(Side(", ".join(row[at] for row in rows), at) for at in (first, second))
    )


def _of_catalogue(rng: Random) -> Pair:
    source, translations = rng.choice(catalogue())
    texts = {"en": source, **translations}
    first, second = rng.sample(sorted(texts), k=2)
    return Pair(source, *(Side(texts[name], LANGUAGES.index(name)) for name in (first, second)))


def _of_passages(rng: Random) -> Pair:
    passages = library_passages()
    at = rng.randrange(len(passages) - 1)
    return Pair(passages[at][:60], Side(passages[at][:_LONGEST], 0), Side(passages[at + 1][:_LONGEST], 0))


def _drawn_language(rng: Random) -> int:
    """Draw a language, English as often as two others together."""
    return int(rng.choice((0, *range(len(LANGUAGES)))))


def _plain(text: str) -> str:
    """Strip the marks of placeholders from a translated text."""
    return " ".join(_PLACEHOLDER.sub(lambda match: match[1] or match[2] or "", text).split())
