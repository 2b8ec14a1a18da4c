"""Short business messages in six languages, drawn from `phrases/`: one file a language, lines under what they say.

A gist (`ask_price`, `away`, …) has lines in every language. A line holds choices (`[a|b]`) and slots (`{day}`). Around it
come greeting, signature and a quoted mail, so that what a message says has to be told from what stands around it.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from demo.student import names

LANGUAGES: Final = ("en", "de", "fr", "it", "nl", "es")
# What a seller writes: it is quoted below messages and is no message of its own.
PITCH: Final = "pitch"
FOLDER: Final = Path(__file__).with_name("phrases")
ANSWER_MARKS: Final = ("Re", "RE", "AW", "R", "Antw", "Fwd", "RV")
_CHOICE: Final = re.compile(r"\[([^\[\]]*)\]")
_WORDS: Final = re.compile(r"@(\w+) (.*)")
_LONG_WORD: Final = re.compile(r"(?<![\w.@-])[^\W\d_]{4,}(?![\w@-])")


class Phrases(NamedTuple):
    """Contents of a language's file: words for slots and frames, and lines by gist."""

    words: dict[str, list[str]]
    lines: dict[str, list[str]]


@cache
def phrases(language: str) -> Phrases:
    words: dict[str, list[str]] = {}
    lines: dict[str, list[str]] = {}
    gist = ""
    for line in (FOLDER / f"{language}.txt").read_text("utf-8").splitlines():
        if line.startswith("= "):
            gist = line[2:]
        elif match := _WORDS.fullmatch(line):
            words[match[1]] = match[2].split("|")
        else:
            lines.setdefault(gist, []).append(line)
    return Phrases(words, lines)


@cache
def gists() -> tuple[str, ...]:
    """Return what messages may say, in the order of the English file."""
    return tuple(gist for gist in phrases("en").lines if gist != PITCH)


def line(rng: Random, language: str, gist: str) -> str:
    """One sentence or two that say the gist, choices made and slots filled."""
    return filled(rng, language, rng.choice(phrases(language).lines[gist]))


def filled(rng: Random, language: str, construction: str) -> str:
    """A line with its choices made and its slots filled."""
    chosen = _CHOICE.sub(lambda match: rng.choice(match[1].split("|")), construction)
    who = names.person(rng)
    first = who.split()[0]
    drawn = {name: rng.choice(options) for name, options in phrases(language).words.items()}
    own = {
        "who": who,
        "first": first,
        "mail": f"{first}@{names.domain(rng, name=names.company(rng))}".lower(),
        "city": names.city(rng),
        "company": names.company(rng),
        "n": rng.randrange(3, 90),
        "ticket": f"{rng.choice('BDHKMR')}{rng.randrange(1000, 999_999)}",
    }
    text = chosen.format(**{**drawn, **own})
    return text[:1].upper() + text[1:]


def mail(rng: Random, language: str, gist: str) -> str:
    """A whole message: greeting, own words, signature and what is quoted below, each of them now and then."""
    own = line(rng, language, gist)
    if rng.random() < 0.2:
        own = f"{own} {line(rng, language, gist)}"
    if rng.random() < 0.35:
        return hasty(rng, own)
    words, writer = phrases(language).words, names.person(rng)
    parts = [rng.choice(words["hello"]).format(first=names.person(rng).split()[0])] if rng.random() < 0.6 else []
    parts.append(f"{rng.choice(words['soft'])} {own}" if rng.random() < 0.3 else own)
    if rng.random() < 0.6:
        role, firm = rng.choice(words["role"]), names.company(rng)
        signed = rng.choice((writer, writer.split()[0], f"{writer}\n{firm}", f"{writer}\n{role.capitalize()}, {firm}"))
        parts.append(f"{rng.choice(words['bye'])}\n{signed}")
    if rng.random() < 0.1:
        parts.append(rng.choice(words["device"]))
    text = hasty(rng, "\n\n".join(parts))
    return f"{text}\n\n{_quoted(rng, language)}" if rng.random() < 0.4 else text


def sheet(rng: Random, language: str, text: str) -> str:
    """The message among `key: value` lines, as a record's facts are shown."""
    keys = phrases(rng.choice(("en", language))).words["keys"]
    topic = rng.choice(phrases(rng.choice(("en", language))).words["thing"])
    subject = f"{rng.choice(ANSWER_MARKS)}: {rng.choice((topic.capitalize(), names.company(rng)))}"
    lines = [f"{keys[0]}: {subject}", f"{keys[1]}: {names.company(rng)}"]
    rng.shuffle(lines)
    return "\n".join([*lines[: rng.randint(1, 2)], f"{keys[rng.choice((2, 4, 5))]}: {text}"])


def hasty(rng: Random, text: str) -> str:
    """The text as it stands, or in small letters, or with a few words mistyped."""
    kind = rng.random()
    if kind < 0.1:
        return text.lower()
    if kind > 0.3:
        return text
    spans = [match.span() for match in _LONG_WORD.finditer(text)]
    for start, end in sorted(rng.sample(spans, k=min(len(spans), rng.randint(1, 3))), reverse=True):
        at = rng.randrange(start + 1, end - 1)
        pair = text[at : at + 2]
        text = text[:at] + rng.choice((pair[::-1], pair[0], pair[1], pair[0] + pair)) + text[at + 2 :]
    return text


def _quoted(rng: Random, language: str) -> str:
    """A seller's mail, as mail programs quote it; mostly in English."""
    theirs = "en" if rng.random() < 0.8 else language
    seller = names.person(rng)
    pitch = " ".join(line(rng, theirs, PITCH) for _ in range(rng.randint(1, 2)))
    text = f"{rng.choice(phrases(theirs).words['hello']).format(first=names.person(rng).split()[0])}\n\n{pitch}\n\n{seller}"
    words = phrases(language).words
    head = rng.choice(words["wrote"]).format(date=rng.choice(words["date"]), who=seller)
    form = rng.randrange(3)
    if form == 0:
        return f"---\nFrom: {seller}\nSubject: {names.company(rng)}\n\n{text}"
    return f"{head}\n\n{text}" if form == 1 else f"{head}\n" + "\n".join(f"> {part}" for part in text.split("\n"))
