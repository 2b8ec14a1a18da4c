"""Training stream of the reply sorter: endless, seeded and labelled.

Four sources: whole replies of `by_hand/`, lines of `phrases/`, messages of the encoder's stream whose gist has a label,
and training records of *Reply sorting*. Greeting, praise, thanks, signature and subject surround lines of all labels
alike. One whole reply in seven, chosen by a hash of its text, is held back for measurement and calibration.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from campaigns.replies.parsing import quotations
from demo import phrase_files
from demo.data.reply_sorting import MEANINGS, REPLY_SORTING
from demo.encoder import messages
from demo.encoder.messages import LANGUAGES
from demo.student import names

PHRASES: Final = Path(__file__).with_name("phrases")
BY_HAND: Final = Path(__file__).with_name("by_hand")
HELD_BACK_PERCENT: Final = 15
# Languages to draw from; English as often as two others together.
DRAWN: Final = ("en", *LANGUAGES)
# Gists of the encoder's stream by meaning.
GISTS: Final = phrase_files.lists(Path(__file__).with_name("gists.txt"))
# Labels that may come with praise, which precedes a no, a referral and a yes alike.
PRAISED: Final = frozenset({"interested", "question", "referral", "not_now", "not_interested", "unsubscribe"})
BY_PROGRAM: Final = frozenset({"machine", "out_of_office"})


class LabelledReply(NamedTuple):
    """Words of a reply, and their meaning."""

    text: str
    meaning: str


def replies(seed: int, *, with_held_back: bool = False) -> Iterator[LabelledReply]:
    """Yield replies without end, every label equally often; the same for the same seed."""
    rng = Random(seed)
    accepted = _accepted()
    while True:
        for meaning in MEANINGS:
            source = rng.random()
            if source < 0.05:
                text = rng.choice(accepted[meaning])
            elif source < 0.5:
                text = _whole(rng, meaning, with_held_back=with_held_back)
            else:
                text = _composed(rng, rng.choice(DRAWN), meaning, from_gists=source < 0.7)
            yield LabelledReply(_roughened(rng, text), meaning)


def held_back() -> list[tuple[str, LabelledReply]]:
    """Return the whole replies that are held back, each with its language."""
    return [
        (language, LabelledReply(text, meaning))
        for language in LANGUAGES
        for meaning, texts in lines(BY_HAND, language).items()
        for text in texts
        if _is_held_back(text)
    ]


@cache
def lines(folder: Path, language: str) -> dict[str, list[str]]:
    """Read the lines of a language's file by label, without quoted text."""
    by_label = phrase_files.lines(folder / f"{language}.txt")
    return {label: [quotations.own_text(text) for text in texts] for label, texts in by_label.items()}


def _is_held_back(text: str) -> bool:
    return int(sha256(text.encode()).hexdigest(), 16) % 100 < HELD_BACK_PERCENT


@cache
def _accepted() -> dict[str, list[str]]:
    by_label: dict[str, list[str]] = {}
    for each in REPLY_SORTING.records():
        if REPLY_SORTING.split_of(each) == "train":
            by_label.setdefault(str(each.fields["meaning"]), []).append(quotations.own_text(str(each.facts["reply"])))
    return by_label


@cache
def _by_hand(meaning: str, *, with_held_back: bool) -> list[tuple[str, str]]:
    return [
        (language, text)
        for language in LANGUAGES
        for text in lines(BY_HAND, language)[meaning]
        if with_held_back or not _is_held_back(text)
    ]


def _whole(rng: Random, meaning: str, *, with_held_back: bool) -> str:
    """Draw a hand-written reply, at times with a sentence of another one or of a phrase."""
    pool = _by_hand(meaning, with_held_back=with_held_back)
    language, text = rng.choice(pool)
    kind = rng.random()
    if kind < 0.12:
        text = f"{text} {_line(rng, language, meaning, from_gists=False)}"
    elif kind < 0.24:
        others = [other for of, other in pool if of == language and "\n" not in other]
        both = [text, rng.choice(others)]
        rng.shuffle(both)
        text = " ".join(both)
    # Most of them have a greeting and a signature already.
    return _framed(rng, language, text, meaning) if rng.random() < 0.5 else text


def _composed(rng: Random, language: str, meaning: str, *, from_gists: bool) -> str:
    own = _line(rng, language, meaning, from_gists=from_gists)
    if rng.random() < 0.2:
        own = f"{own} {_line(rng, language, meaning, from_gists=False)}"
    return _framed(rng, language, own, meaning)


def _framed(rng: Random, language: str, own: str, meaning: str) -> str:
    """Add a greeting, praise and a signature to the writer's words, each at random."""
    words = messages.words(language)
    if meaning in PRAISED and rng.random() < 0.15:
        own = f"{rng.choice(phrase_files.lists(PHRASES / f'{language}.txt')['praise'])} {own}"
    parts = [own]
    if rng.random() < (0.2 if meaning in BY_PROGRAM else 0.35):
        parts.insert(0, rng.choice(words["hello"]).format(first=names.person(rng).split()[0]))
    if rng.random() < (0.1 if meaning in BY_PROGRAM else 0.35):
        person = names.person(rng)
        lines_below = [rng.choice(words["bye"]), rng.choice((person, person.split()[0]))]
        if rng.random() < 0.3:
            lines_below += [rng.choice(words["role"]).capitalize(), names.company(rng)]
        parts.append("\n".join(lines_below))
    if meaning not in BY_PROGRAM and rng.random() < 0.12:
        parts[-1] = f"{rng.choice(words['soft'])} {parts[-1]}" if len(parts) == 1 else parts[-1]
    if rng.random() < 0.08:
        parts.insert(0, rng.choice((rng.choice(words["thing"]).capitalize(), names.company(rng))))
    return rng.choice(("\n\n", "\n", " ")).join(parts)


def _line(rng: Random, language: str, meaning: str, *, from_gists: bool) -> str:
    if from_gists:
        return messages.line(rng, language, rng.choice(GISTS[meaning]))
    return messages.filled(rng, language, rng.choice(lines(PHRASES, language)[meaning]))


def _roughened(rng: Random, text: str) -> str:
    """Roughen a text: other digits, and at times no accents, no full stops, or lower case."""
    text = re.sub(r"\d", lambda match: str(rng.randrange(10)) if rng.random() < 0.5 else match[0], text)
    if rng.random() < 0.08:
        text = "".join(each for each in unicodedata.normalize("NFD", text) if not unicodedata.combining(each))
    if rng.random() < 0.06:
        text = re.sub(r"[.,!¡¿?]+(?=\s|$)", "", text)
    return messages.hasty(rng, text)
