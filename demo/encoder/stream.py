"""The text the demo encoder is pre-trained on, as a seeded, endless stream of pairs that say the same.

Four sources: messages of our own (`messages.py`), a list of words in six languages (`words.txt`), the translated texts of
the installed Django (BSD-3-Clause), and prose of the Python standard library's documentation (PSF licence), whose
neighbouring paragraphs make a pair.
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
from demo.student.corpus import library_passages

WORD_LIST: Final = Path(__file__).with_name("words.txt")
# Shares of the stream's pairs; messages take the rest.
WORDS, CATALOGUE, PASSAGES = 0.18, 0.14, 0.05
_PLACEHOLDER: Final = re.compile(r"%\((\w+)\)[sd]|%[sd]|\{(\w*)\}|&(?=\w)")
_SHORTEST, _LONGEST = 3, 400


class Side(NamedTuple):
    """One text of a pair and the language that its writer uses, as a place in `LANGUAGES`."""

    text: str
    language: int


class Pair(NamedTuple):
    """Two texts that say the same, and a name for what they say: texts of one name are never set against each other."""

    concept: str
    first: Side
    second: Side


@cache
def words() -> tuple[tuple[str, ...], ...]:
    """Words and short phrases, each in every language, in the order of `LANGUAGES`."""
    return tuple(tuple(line.split("|")) for line in WORD_LIST.read_text("utf-8").splitlines())


@cache
def catalogue() -> tuple[tuple[str, dict[str, str]], ...]:
    """Texts of the installed Django in English, each with its translations by language; those that have two or more."""
    found: dict[str, dict[str, str]] = {}
    for language in LANGUAGES[1:]:
        for path in sorted(Path(django.__file__).parent.rglob(f"locale/{language}/LC_MESSAGES/*.mo")):
            with path.open("rb") as file:
                # The catalogue's only public reading is by key; keys are what is wanted here.
                entries = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
            for key, translated in entries.items():
                source = _plain(key.rpartition("\x04")[2]) if isinstance(key, str) else ""
                if _SHORTEST <= len(source) <= _LONGEST and translated:
                    found.setdefault(source, {})[language] = _plain(translated)
    return tuple((source, texts) for source, texts in sorted(found.items()) if len(texts) > 1)


def pairs(seed: int) -> Iterator[Pair]:
    """An endless stream of pairs, the same for the same seed and the same versions of Python and Django."""
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
    """Draw English as often as two others: it is half of the business mail between these countries."""
    return int(rng.choice((0, *range(len(LANGUAGES)))))


def _plain(text: str) -> str:
    """Strip the marks of placeholders from a translated text."""
    return " ".join(_PLACEHOLDER.sub(lambda match: match[1] or match[2] or "", text).split())
