"""Size and kinds of an edit. Pure Python; compares texts and understands none.

The kinds are read off the words: a number or name that came or went is a matter of fact whatever the sentence means. It
does not know whether the edit was right.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from review.spec import paths
from review.spec.numbers import NUMBER, readings_in
from review.spec.schema import SLOT, Facts, Fields, OutputItem
from review.spec.task_spec import TaskSpec
from review.text.checks.unsupported import NAMES_IN
from review.text.grounding import attribution
from review.text.reading.names import unknown_names
from review.text.reading.words import sentences
from review.text.scripts import WITHOUT_BLANKS

Kind = Literal["fact", "length", "structure", "tone"]

# A text has become shorter or longer when its words did by this share, and by more than a word or two.
LENGTH_SHARE, LENGTH_WORDS = 0.15, 5
# More than half of the words are new: worth a word why, unless a kind says it.
LARGE = 0.5
# Beyond this a word diff would be felt; words are then counted without their order.
LONGEST_DIFF = 20_000
_LETTERS = rf"[^\W{WITHOUT_BLANKS}]"
# A word, or a character where no blanks stand between words.
_TOKEN = re.compile(rf"{_LETTERS}+(?:['\u2019-]{_LETTERS}+)*|[{WITHOUT_BLANKS}]|[^\w\s]")
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class EditMeasure:
    """Size and kinds of one edit.

    Attributes:
        size: Share of words and signs that changed, 0 to 1, with four digits.
        kinds: At least one kind, in the order fact, length, structure, tone; none where nothing changed.
    """

    size: float
    kinds: tuple[Kind, ...]

    @property
    def wants_why(self) -> bool:
        """Return whether the edit is large and only its wording changed."""
        return self.size > LARGE and self.kinds == ("tone",)


def measure(spec: TaskSpec, facts: Facts, before: Fields, after: Fields) -> EditMeasure:
    """Measure an edit.

    Args:
        spec: The task version; its output schema names the fields.
        before: The draft, normalised.
        after: What the edit ends with, normalised.

    `fact` when numbers, names, slots or the facts that sentences rest on differ; `length` when words grew or shrank by
    15 % and at least five; `structure` when paragraphs, their order, elements of a list or the order of sentences
    differ; `tone` when words were put in place of others, and for whatever none of these explains.
    """
    old, new = _texts(spec, before), _texts(spec, after)
    is_built_otherwise = _is_built_otherwise(spec, before, after, old, new)
    if old == new and not is_built_otherwise:
        return EditMeasure(0.0, ())
    was, now = _tokens(old), _tokens(new)
    steps = _steps(was, now)
    kinds: list[Kind] = []
    if _said(spec, facts, old) != _said(spec, facts, new) or _plain_values(spec, before) != _plain_values(spec, after):
        kinds.append("fact")
    if _is_other_length(old, new):
        kinds.append("length")
    if is_built_otherwise:
        kinds.append("structure")
    if not kinds or any(_plain_words(spec, out) and _plain_words(spec, in_) for out, in_ in steps or ()):
        kinds.append("tone")
    return EditMeasure(_share(steps, was, now), tuple(kinds))


def edit_columns(spec: TaskSpec, facts: Facts, before: Fields, after: Fields | None) -> dict[str, Any]:
    """Return the values of a decision's `edit_size` and `edit_kinds`; empty where the draft stayed or was rejected."""
    if after is None or after == before:
        return {"edit_size": None, "edit_kinds": []}
    edit = measure(spec, facts, before, after)
    return {"edit_size": edit.size, "edit_kinds": list(edit.kinds)}


def describe(size: float | None, kinds: Sequence[str]) -> str:
    """Describe an edit to a person: `12 % changed · fact, tone`; empty where there was none."""
    if size is None:
        return ""
    share = "under 1" if 0 < size < 0.01 else f"{size:.0%}".rstrip("%")
    return f"{share} % changed" + (f" · {', '.join(kinds)}" if kinds else "")


Step = tuple[Sequence[str], Sequence[str]]


def _texts(spec: TaskSpec, fields: Fields) -> list[str]:
    """Every value of a draft in schema order as text; the parts of lists and objects one by one."""
    every = paths.values(spec.output_schema, fields)
    return [text for _, value in every for text in [str(leaf) for leaf in paths.leaves(value)] or [""]]


def _plain_values(spec: TaskSpec, fields: Fields) -> list[Any]:
    """Return the values that are no prose, at any depth: labels, numbers, dates, yes and no."""
    return [value for item, value in paths.values(spec.output_schema, fields) if item.value_type.is_value]


def _tokens(texts: Sequence[str]) -> list[str]:
    return _TOKEN.findall("\n".join(texts))


def _steps(old: list[str], new: list[str]) -> list[Step] | None:
    """Return what was removed and inserted at each change; None where the texts are too long to compare."""
    if len(old) + len(new) > LONGEST_DIFF:
        return None
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [(old[a:b], new[c:d]) for tag, a, b, c, d in codes if tag != "equal"]


def _share(steps: list[Step] | None, was: Sequence[str], now: Sequence[str]) -> float:
    if steps is None:
        gone = (Counter(was) - Counter(now)).total()
        come = (Counter(now) - Counter(was)).total()
    else:
        gone, come = sum(len(out) for out, _ in steps), sum(len(in_) for _, in_ in steps)
    return round(min(1.0, max(gone, come) / max(len(was), len(now), 1)), 4)


def _said(spec: TaskSpec, facts: Facts, texts: Sequence[str]) -> frozenset[str]:
    """Return the comparable claims of texts: numbers, names, slots, and the facts that their sentences rest on."""
    text = "\n".join(texts)
    facts_stated = {f"fact {name}" for sentence in attribution.sentences(text, facts) for name in sentence.facts}
    facts_stated |= {f"slot {name}" for name in (match["name"] for match in SLOT.finditer(text))}
    facts_stated |= {f"number {reading}" for reading in readings_in(text)}
    return frozenset(facts_stated | _names(spec, text))


def _names(spec: TaskSpec, text: str) -> set[str]:
    if spec.language[:2] not in NAMES_IN:
        return set()
    plain = SLOT.sub(" ", text)
    return {f"name {plain[start:end]}" for start, end in unknown_names(plain, frozenset())}


def _is_other_length(old: Sequence[str], new: Sequence[str]) -> bool:
    was, now = (sum(len(text.split()) for text in texts) for texts in (old, new))
    return abs(was - now) >= max(LENGTH_WORDS, LENGTH_SHARE * was)


def _is_built_otherwise(spec: TaskSpec, before: Fields, after: Fields, old: list[str], new: list[str]) -> bool:
    if list(_list_lengths(spec.output_schema, before)) != list(_list_lengths(spec.output_schema, after)):
        return True
    was, now = (paths.values(spec.output_schema, fields) for fields in (before, after))
    texts = [(str(a or ""), str(b or "")) for (item, a), (_, b) in zip(was, now, strict=True) if item.type == "text"]
    return any(len(_paragraphs(a)) != len(_paragraphs(b)) for a, b in texts) or _is_reordered(old, new)


def _list_lengths(schema: Sequence[OutputItem], fields: Fields) -> Iterator[int]:
    """Yield the length of every list in schema order, each before those of the lists in its elements."""
    for item in schema:
        value = fields.get(item.name)
        if item.type == "list":
            yield len(value or ())
        for part in (value or ()) if item.type == "list" else [value or {}]:
            yield from _list_lengths(item.items, part)


def _paragraphs(text: str) -> list[str]:
    return [part for part in re.split(r"\n\s*\n", text) if part.strip()]


def _is_reordered(old: Sequence[str], new: Sequence[str]) -> bool:
    was, now = _sentences(old), _sentences(new)
    stayed = {sentence for sentence, count in Counter(was).items() if count == 1} & set(now)
    return [each for each in was if each in stayed] != [each for each in now if each in stayed]


def _sentences(texts: Sequence[str]) -> list[str]:
    return [_BLANKS.sub(" ", match.group()).strip() for text in texts for match in sentences(text)]


def _plain_words(spec: TaskSpec, tokens: Sequence[str]) -> bool:
    names_count = spec.language[:2] in NAMES_IN
    return any(
        token[0].isalpha() and not NUMBER.fullmatch(token) and not (names_count and token[0].isupper())
        for token in tokens
    )
