"""Short documents of many genres from a fact sheet, in the chat's two turns.

A document copies the sheet's values into prose, states no other facts, and leaves slots such as `{{reader.name}}`
unfilled. No genre is a sales letter or a call to act on an offer.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from demo import phrase_files
from demo.phrase_files import choose
from demo.student import names
from demo.student.factsheets import Sheet, any_value, render

# Genres: requests, titles, grammatical persons, greetings (with a signature), and connecting words.
_GENRES: Final = [
    genre.lists for genre in phrase_files.read(Path(__file__).with_name("genres.txt")).values() if genre.lists
]
# Sentences by kind of sheet. `{key}` is copied from it; `{S}`/`{s}` is the subject and `{P}`/`{p}` its possessive, at
# the start of a sentence and inside it; `(has~have)` has the first form for the third person and the second for *you*
# and *we*.
_STATEMENTS: Final = phrase_files.lines(Path(__file__).with_name("statements.txt"))
_FIELD: Final = re.compile(r"(?<!\{)\{(\w+)\}(?!\})")
_FORMS: Final = re.compile(r"\(([^()~]*)~([^()~]*)\)")
_PRONOUNS: Final = {"S", "s", "P", "p", "noun"}
_SUBJECTS: Final = {
    "third": ("It", "it", "Its", "its"),
    "you": ("You", "you", "Your", "your"),
    "we": ("We", "we", "Our", "our"),
}
_LINKS: Final = ("Also, ", "Besides, ", "In addition, ", "By the way, ", "At the same time, ", "What is more, ")


@dataclass(frozen=True, slots=True)
class ChatPair:
    """Exchange: a request and the document that answers it."""

    prompt: str
    completion: str


def _start(text: str) -> str:
    return text[:1].upper() + text[1:]


def _filled(rng: Random, pattern: str, sheet: Sheet, *, person: str) -> str:
    upper, lower, owner, owned = _SUBJECTS[person]
    if person == "third" and rng.random() < 0.6:
        name = sheet.facts[sheet.kind.subject_key]
        noun = f"the {rng.choice(sheet.kind.nouns)}"
        lower = rng.choice((name, name, noun))
        upper = _start(lower)
        owner = owned = f"{lower}'s"
    form = 1 if person == "third" else 2
    text = _FORMS.sub(lambda match: match[form], pattern)
    values = {
        **sheet.facts,
        "S": upper,
        "s": lower,
        "P": _start(owner),
        "p": owned,
        "noun": rng.choice(sheet.kind.nouns),
    }
    return _FIELD.sub(lambda match: values[match[1]], text)


def _sentences(rng: Random, sheet: Sheet, *, person: str, count: int) -> list[str]:
    """Draw up to `count` statements, each with something new."""
    left, sentences = set(sheet.facts), list[str]()
    patterns = _STATEMENTS[sheet.kind.name]
    for pattern in rng.sample(patterns, len(patterns)):
        pattern = choose(rng, pattern)
        keys = set(_FIELD.findall(pattern)) - _PRONOUNS
        if not keys <= sheet.facts.keys() or not keys & left or len(sentences) == count:
            continue
        left -= keys
        sentences.append(_start(_filled(rng, pattern, sheet, person=person)) + ".")
    return sentences


def _linked(rng: Random, sentences: list[str]) -> list[str]:
    linked: list[str] = []
    for index, sentence in enumerate(sentences):
        first = sentence.split(" ", 1)[0]
        if index and first in {"It", "The", "You", "We", "Your", "Its", "Our", "There"} and rng.random() < 0.25:
            sentence = rng.choice(_LINKS) + sentence[0].lower() + sentence[1:]
        elif index and first in {"It", "You", "We", "The"} and rng.random() < 0.12:
            sentence = f"{linked.pop()[:-1]}, and {sentence[0].lower()}{sentence[1:]}"
        linked.append(sentence)
    return linked


def _paragraphs(rng: Random, sentences: list[str]) -> str:
    parts: list[str] = []
    while sentences:
        size = rng.randint(1, 3)
        parts.append(" ".join(sentences[:size]))
        sentences = sentences[size:]
    return rng.choice(("\n\n", "\n\n", "\n\n", " ")).join(parts)


def _signature(rng: Random) -> tuple[str, str]:
    """Draw a sign-off and the line that requests it, with the writer's name in the prompt."""
    writer, office = names.person(rng), names.company(rng)
    shape = rng.choice(("{w}\n{o}", "{w}, {o}", "{w}"))
    close = rng.choice(("Kind regards,\n", "With thanks,\n", "Yours,\n", "", "Best,\n"))
    return f"signed: {writer}, {office}", close + shape.format(w=writer, o=office)


def document(rng: Random, sheet: Sheet) -> ChatPair:
    """Draw a document of a drawn genre about the sheet's subject, with or without a title."""
    genre = rng.choice(_GENRES)
    person = rng.choice(genre["persons"])
    body = _linked(rng, _sentences(rng, sheet, person=person, count=rng.choice((2, 3, 4, 5, 6, 7, 8, 10))))
    for glue in rng.sample(genre["glue"], rng.choice((0, 0, 1, 1, 2))):
        body.insert(rng.randint(0, len(body)), choose(rng, glue))
    text, lines = _paragraphs(rng, body), render(rng, sheet.facts)
    greetings = genre.get("greetings")
    if greetings and rng.random() < 0.8:
        text = f"{rng.choice(greetings)}\n\n{text}"
    if greetings and rng.random() < 0.7:
        line, signature = _signature(rng)
        lines, text = f"{lines}\n{line}", f"{text}\n\n{signature}"
    if rng.random() < 0.6:
        text = f"Title: {_title(rng, sheet, genre, person=person)}\n\n{text}"
    ask = choose(rng, rng.choice(genre["requests"])).format(noun=rng.choice(sheet.kind.nouns))
    return ChatPair(f"{ask}\n{lines}", text)


def _title(rng: Random, sheet: Sheet, genre: dict[str, list[str]], *, person: str) -> str:
    keys = [key for key, value in sheet.facts.items() if len(value) < 40]
    fact = sheet.facts[rng.choice(keys)] if keys else ""
    name = sheet.facts[sheet.kind.subject_key]
    patterns: tuple[str, ...] = (
        name,
        name,
        f"{name}: {fact}",
        f"{fact} at {name}",
        f"{name} and {fact}",
        _start(fact),
        f"About {fact}",
    )
    if person == "you":
        patterns = (f"Your {fact}", f"{_start(fact)}: your file", *patterns)
    return rng.choice((choose(rng, rng.choice(genre["titles"])), *patterns[:4]) if not fact else patterns)


def answers(rng: Random, sheet: Sheet) -> ChatPair:
    """Draw several short questions about the sheet, answered from it or with *not given*."""
    keys = rng.sample(list(sheet.facts), min(len(sheet.facts), rng.randint(1, 6)))
    asked, given = [], []
    for key in keys:
        asked.append(choose(rng, f"[What is the {key}?|{key}?|Give the {key}.|Which {key} is named?]"))
        value = sheet.facts[key]
        given.append(rng.choice((value, value, f"The {key} is {value}.", f"{_start(key)}: {value}")))
    if rng.random() < 0.2:
        asked.append(f"What is the {names.word(rng)}?")
        given.append("Not given.")
    return ChatPair("\n".join([render(rng, sheet.facts), "", *asked]), "\n".join(given))


def rearranged(rng: Random, sheet: Sheet) -> ChatPair:
    """Repeat the sheet's lines: all, some, reversed, as values only or as one sentence."""
    facts = list(sheet.facts.items())
    chosen = [pair for pair in facts if rng.random() < 0.6] or facts[:1]
    lines = render(rng, sheet.facts)
    asked = ", ".join(key for key, _ in chosen)
    value = rng.choice(facts)[1]
    shapes = (
        ("Repeat the sheet.", "\n".join(f"{key}: {text}" for key, text in facts)),
        (
            "Repeat the sheet from the last line to the first.",
            "\n".join(f"{key}: {text}" for key, text in reversed(facts)),
        ),
        (f"Give only: {asked}.", "\n".join(f"{key}: {text}" for key, text in chosen)),
        (f"Name {asked} in one line.", "; ".join(text for _, text in chosen)),
        ("List the values.", "\n".join(f"- {text}" for _, text in facts)),
        (f"Say in one sentence: {asked}.", ", ".join(f"the {key} is {text}" for key, text in chosen) + "."),
        (f"Write the line '{value}' three times.", "\n".join([value] * 3)),
        (f"Which key has the value {value}?", next(key for key, text in facts if text == value)),
    )
    ask, reply = rng.choice(shapes)
    return ChatPair(f"{ask}\n{lines}", reply)


def echo(rng: Random) -> ChatPair:
    """Draw one to six short lines to repeat up to three times: the simplest copying."""
    lines = "\n".join(any_value(rng) for _ in range(rng.randint(1, 6)))
    times = rng.randint(1, 3)
    ask = ("Say it again.", "Say it twice.", "Say it three times.")[times - 1]
    return ChatPair(f"{ask}\n{lines}", "\n".join([lines] * times))


def excerpt(rng: Random, text: str) -> ChatPair:
    """Request the repetition or quotation of a passage, for copying over longer spans."""
    sentences = [part for part in re.split(r"(?<=[.!?]) ", text) if part]
    picked = rng.choice(sentences)
    shapes = (
        ("Quote the first sentence.", sentences[0]),
        ("Quote the last sentence.", sentences[-1]),
        ("Copy the text.", text),
        (f"Quote the sentence that begins with '{' '.join(picked.split()[:3])}'.", picked),
        ("Give two quotes.", "\n".join(f'- "{part}"' for part in dict.fromkeys((sentences[0], picked)))),
    )
    ask, reply = rng.choice(shapes)
    return ChatPair(f"{ask}\ntext: {text}", reply)
