"""Constant texts of a template: runs of tokens that its prompts share, in order."""

from __future__ import annotations

import re
from collections.abc import Sequence

from review.sources.imports.logs.template import Template

# A slot of ours or a mark between messages can be no constant: inside a template it would mean something else.
_TOKEN = re.compile(r"\{\{[^{}]*\}\}|=== (?:system|user) ===|\w+|\n|[^\S\n]+|[^\w\s]")
_NEVER = re.compile(r"\{\{[^{}]*\}\}|=== (?:system|user) ===")
# What can part two slots: a word, a line end, a label's colon, or a mark that values seldom hold.
_SOLID = re.compile(r"\w{2}|\n|[|<>{}\[\]\"#*=]|: ")
# Beginnings and ends that all values of a slot share, and that are the value's own: addresses, years, ends of domains.
_OWN_BEGINNING = re.compile(r"(?:\w+://|[\w\-]+\.|[\w.\-]+@|[\w.\-]+/|\d+[-:])$")
_OWN_END = re.compile(r"^(?:[./@:][\w\-]+|-\d+)")
_LAST_STOP, _INNER_STOP = re.compile(r"[.!?](?=[\n\"'<`]|$)"), re.compile(r"[.!?]\s")
_END = "\x00"
# Of few different values any two words may be the same by chance.
_FEW_VALUES, _SURE = 6, 12
# A text repeats its own line ends and commas as often by chance as by its template.
_MANY = 20

# One prompt: its system text, where it has one, and the user's.
Prompt = tuple[str, ...]
# Constant texts of each message of a prompt.
Constants = list[list[str]]


def tokens(text: str) -> list[str]:
    """Words, line ends, blanks and marks of a text; together they are the text again."""
    return _TOKEN.findall(text)


def makes(constants: Constants, prompt: Prompt) -> bool:
    """Return whether these constants, with values between them, make the prompt."""
    return len(constants) == len(prompt) and all(
        Template(tuple(of_part), tuple(map(str, range(len(of_part) - 1)))).values_in(text) is not None
        for of_part, text in zip(constants, prompt, strict=True)
    )


def weights(constants: Constants) -> list[int]:
    """Characters that are constant in each message."""
    return [sum(map(len, of_part)) for of_part in constants]


def constants_of(prompts: Sequence[Prompt]) -> Constants:
    """Constant texts of each message, a slot that has no name yet between each two."""
    parts = []
    for texts in zip(*prompts, strict=True):
        constants = ["".join(run) for run in _split([tokens(text) for text in dict.fromkeys(texts)])]
        parts.append(_with_whole_values(constants, texts))
    return parts


def _split(texts: list[list[str]]) -> list[list[str]]:
    """Runs of tokens that all texts share, in order, a slot between each two; the first and last stand at the ends."""
    before = _common(texts)
    rest = [text[len(before) :] for text in texts]
    if not any(rest):
        return [before]
    after = _common([text[::-1] for text in rest])[::-1]
    middle = [text[: len(text) - len(after)] for text in rest]
    anchor = _anchor(middle)
    if anchor is None:
        return [before, after]
    halves = [_cut(text, anchor) for text in middle]
    left, right = _split([half[0] for half in halves]), _split([half[1] for half in halves])
    joint = [*left[-1], *anchor, *right[0]]
    whole = [*left[:-1], joint, *right[1:]]
    whole[0], whole[-1] = [*before, *whole[0]], [*whole[-1], *after]
    return whole


def _common(texts: list[list[str]]) -> list[str]:
    first, last = min(texts), max(texts)
    run: list[str] = []
    for token, other in zip(first, last, strict=False):
        if token != other or _NEVER.fullmatch(token):
            break
        run.append(token)
    return run


def _anchor(texts: list[list[str]]) -> list[str] | None:
    """The weightiest run that every text holds equally often, once rather than more; None where there is none."""
    shortest = min(texts, key=len)
    if not shortest:
        return None
    others = [_joined(text) for text in texts if text is not shortest]
    whole = _joined(shortest)
    again: tuple[int, list[str]] | None = None
    for weight, run in _shared_runs(shortest, others):
        mark = _joined(run)
        count = _count(whole, mark)
        if count == _MANY or any(_count(text, mark) != count for text in others):
            continue
        if count == 1:
            return run
        if again is None or weight > again[0]:
            again = (weight, run)
    return again[1] if again else None


def _shared_runs(reference: list[str], others: list[str]) -> list[tuple[int, list[str]]]:
    """Runs of the reference that all others hold and that cannot be longer, the weightiest first."""
    runs: list[tuple[int, list[str]]] = []
    is_sure = len(set(others)) >= _FEW_VALUES
    texts: set[str] = set()
    end = reached = 0
    for start in range(len(reference)):
        end = max(end, start)
        while (
            end < len(reference)
            and not _NEVER.fullmatch(reference[end])
            and _in_all(reference[start : end + 1], others)
        ):
            end += 1
        if end > reached and end > start:
            reached = end
            run = reference[start:end]
            text = "".join(run)
            if text in texts:
                continue
            texts.add(text)
            if _SOLID.search(text) and (is_sure or "\n" in text or len(text) >= _SURE):
                runs.append((len("".join(text.split())) + 2 * text.count("\n"), run))
    return sorted(runs, key=lambda each: -each[0])


def _in_all(run: list[str], others: list[str]) -> bool:
    mark = _joined(run)
    for place, text in enumerate(others):
        if mark not in text:
            # What lacks one run often lacks the next: it is asked first.
            others[0], others[place] = others[place], others[0]
            return False
    return True


def _joined(tokens: list[str]) -> str:
    return _END + _END.join(tokens) + _END


def _count(text: str, mark: str) -> int:
    """Count a run in a text, up to `_MANY`; two that share their last and first character both count."""
    count, place = 0, text.find(mark)
    while place >= 0 and count < _MANY:
        count += 1
        place = text.find(mark, place + len(mark) - 1)
    return count


def _cut(text: list[str], anchor: list[str]) -> tuple[list[str], list[str]]:
    for place in range(len(text) - len(anchor) + 1):
        if text[place : place + len(anchor)] == anchor:
            return text[:place], text[place + len(anchor) :]
    raise AssertionError("the run is in every text")


def _with_whole_values(constants: list[str], texts: Sequence[str]) -> list[str]:
    """Give values back what all of them begin or end with but is their own, such as the year of a date."""
    for slot in range(len(constants) - 1):
        template = Template(tuple(constants), tuple(map(str, range(len(constants) - 1))))
        values = [held[str(slot)] for text in texts if (held := template.values_in(text))]
        if all(value[:1].isalnum() for value in values):
            while own := _OWN_BEGINNING.search(constants[slot][-80:]):
                constants[slot] = constants[slot][: -len(own[0])]
        if all(value[-1:].isalnum() for value in values):
            while own := _OWN_END.search(constants[slot + 1]):
                constants[slot + 1] = constants[slot + 1][len(own[0]) :]
        # Of texts of several sentences the last full stop is the text's.
        stop = _LAST_STOP.match(constants[slot + 1])
        if stop and 2 * sum(bool(_INNER_STOP.search(value)) for value in values) > len(values):
            constants[slot + 1] = constants[slot + 1][1:]
    # Two slots with nothing between are one.
    inner = [constant for constant in constants[1:-1] if constant]
    return [constants[0], *inner, constants[-1]] if len(constants) > 1 else constants
