r"""Phrase files: words and sentences for the demo's generators, as text next to their modules.

A line is a phrase. `# name` begins a section. `@name` begins a list of that section: its phrases follow on the same
line, separated by bars, or below, one a line. A literal `\n` is a line break. In a phrase `[a|b]` is a choice and
`{name}` a slot.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from random import Random
from typing import NamedTuple

_LIST = re.compile(r"@(\w+)(?: (.*))?")
_CHOICE = re.compile(r"\[([^\[\]]*)\]")


class Section(NamedTuple):
    """Phrases under one heading: single lines and named lists."""

    lines: list[str]
    lists: dict[str, list[str]]


@cache
def read(path: Path) -> dict[str, Section]:
    """Read a file's sections in order; the empty name holds the phrases before the first heading."""
    sections = {"": Section([], {})}
    section = sections[""]
    phrases = section.lines
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("# "):
            section = sections.setdefault(line[2:], Section([], {}))
            phrases = section.lines
        elif match := _LIST.fullmatch(line):
            name, inline = match.groups()
            section.lists[name] = [] if inline is None else inline.replace("\\n", "\n").split("|")
            # Lines after a list on one line belong to the section.
            phrases = section.lines if inline is not None else section.lists[name]
        elif line:
            phrases.append(line.replace("\\n", "\n"))
    return sections


@cache
def lines(path: Path) -> dict[str, list[str]]:
    """Read a file's phrases by section."""
    return {name: section.lines for name, section in read(path).items() if section.lines}


def lists(path: Path) -> dict[str, list[str]]:
    """Read the lists before a file's first heading."""
    return read(path)[""].lists


def choose(rng: Random, phrase: str) -> str:
    """Resolve a phrase's choices, inner ones first."""
    while "[" in phrase:
        phrase, count = _CHOICE.subn(lambda match: rng.choice(match[1].split("|")), phrase)
        if not count:
            break
    return phrase
