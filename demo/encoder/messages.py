"""Short business messages in six languages, drawn from `phrases/`: one file for each language, lines by gist.

A gist (`ask_price`, `away`, …) has lines in every language. A line has choices (`[a|b]`) and slots (`{day}`). Greeting,
signature and a quoted mail surround it as distractors.
"""

from __future__ import annotations

import re
from pathlib import Path
from random import Random
from typing import Final

from demo import phrase_files
from demo.student import names

LANGUAGES: Final = ("en", "de", "fr", "it", "nl", "es")
# Gist of a seller's mail, which is quoted below messages and never drawn as one.
PITCH: Final = "pitch"
FOLDER: Final = Path(__file__).with_name("phrases")
ANSWER_MARKS: Final = ("Re", "RE", "AW", "R", "Antw", "Fwd", "RV")
_LONG_WORD: Final = re.compile(r"(?<![\w.@-])[^\W\d_]{4,}(?![\w@-])")


def lines(language: str) -> dict[str, list[str]]:
    """Read the lines of a language by gist."""
    return phrase_files.lines(FOLDER / f"{language}.txt")


def words(language: str) -> dict[str, list[str]]:
    """Read the words of a language for slots and frames."""
    return phrase_files.lists(FOLDER / f"{language}.txt")


def gists() -> list[str]:
    """Return the gists of messages, in the order of the English file."""
    return [gist for gist in lines("en") if gist != PITCH]


def line(rng: Random, language: str, gist: str) -> str:
    """Draw one or two sentences of a gist, with choices made and slots filled."""
    return filled(rng, language, rng.choice(lines(language)[gist]))


def filled(rng: Random, language: str, construction: str) -> str:
    """Make the choices of a line and fill its slots."""
    chosen = phrase_files.choose(rng, construction)
    who = names.person(rng)
    first = who.split()[0]
    drawn = {name: rng.choice(options) for name, options in words(language).items()}
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
    """Draw a whole message: its own words, and at random a greeting, a signature and a quoted mail."""
    own = line(rng, language, gist)
    if rng.random() < 0.2:
        own = f"{own} {line(rng, language, gist)}"
    if rng.random() < 0.35:
        return hasty(rng, own)
    frame, writer = words(language), names.person(rng)
    parts = [rng.choice(frame["hello"]).format(first=names.person(rng).split()[0])] if rng.random() < 0.6 else []
    parts.append(f"{rng.choice(frame['soft'])} {own}" if rng.random() < 0.3 else own)
    if rng.random() < 0.6:
        role, firm = rng.choice(frame["role"]), names.company(rng)
        signed = rng.choice((writer, writer.split()[0], f"{writer}\n{firm}", f"{writer}\n{role.capitalize()}, {firm}"))
        parts.append(f"{rng.choice(frame['bye'])}\n{signed}")
    if rng.random() < 0.1:
        parts.append(rng.choice(frame["device"]))
    text = hasty(rng, "\n\n".join(parts))
    return f"{text}\n\n{_quoted(rng, language)}" if rng.random() < 0.4 else text


def sheet(rng: Random, language: str, text: str) -> str:
    """Put a message among `key: value` lines, like a record's facts."""
    keys = words(rng.choice(("en", language)))["keys"]
    topic = rng.choice(words(rng.choice(("en", language)))["thing"])
    subject = f"{rng.choice(ANSWER_MARKS)}: {rng.choice((topic.capitalize(), names.company(rng)))}"
    facts = [f"{keys[0]}: {subject}", f"{keys[1]}: {names.company(rng)}"]
    rng.shuffle(facts)
    return "\n".join([*facts[: rng.randint(1, 2)], f"{keys[rng.choice((2, 4, 5))]}: {text}"])


def hasty(rng: Random, text: str) -> str:
    """Return a text unchanged, in lower case, or with a few words mistyped."""
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
    """Quote a seller's mail as mail programs do; mostly in English."""
    theirs = "en" if rng.random() < 0.8 else language
    seller = names.person(rng)
    pitch = " ".join(line(rng, theirs, PITCH) for _ in range(rng.randint(1, 2)))
    text = f"{rng.choice(words(theirs)['hello']).format(first=names.person(rng).split()[0])}\n\n{pitch}\n\n{seller}"
    frame = words(language)
    head = rng.choice(frame["wrote"]).format(date=rng.choice(frame["date"]), who=seller)
    form = rng.randrange(3)
    if form == 0:
        return f"---\nFrom: {seller}\nSubject: {names.company(rng)}\n\n{text}"
    return f"{head}\n\n{text}" if form == 1 else f"{head}\n" + "\n".join(f"> {part}" for part in text.split("\n"))
