"""A text cut at every border of a mark, a supported sentence or a slot, ready to be drawn in order.

Pure Python. Offsets are code points, so the cutting is done here and not in a browser, which counts otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from review.schema import SLOT
from review.support import Sentence

Mark = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of text with one look.

    Attributes:
        text: The characters.
        facts: Names of the facts its sentence rests on.
        mark: The check's objection that covers it, if any.
        begins_mark: Whether it is the first piece of its mark, where the message hangs.
        is_slot: Whether it is a slot that is filled when the text is used.
        is_cut: Whether it lies beyond what an inbox shows.
    """

    text: str
    facts: tuple[str, ...] = ()
    mark: Mark | None = None
    begins_mark: bool = False
    is_slot: bool = False
    is_cut: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether it looks like any other text."""
        return not (self.facts or self.mark or self.is_slot or self.is_cut)


def cut(
    text: str, *, marks: Sequence[Mark] = (), sentences: Sequence[Sentence] = (), shown: int | None = None
) -> list[Segment]:
    """Cut a text into segments; joined again they are the text.

    Args:
        text: The text.
        marks: What checks object to in it.
        sentences: Which of its sentences rest on facts.
        shown: How many characters an inbox shows; the rest is cut.

    Marks without extent are left out, as are those that lie outside the text. Of marks that overlap the earlier wins.
    """
    placed = [mark for mark in marks if 0 <= mark["start"] < mark["end"] <= len(text)]
    slots = [match.span() for match in SLOT.finditer(text)]
    shown = len(text) if shown is None else shown
    borders = {0, len(text), min(shown, len(text))}
    for start, end in [(m["start"], m["end"]) for m in placed] + [(s.start, s.end) for s in sentences] + slots:
        borders.update((start, end))
    ordered = sorted(border for border in borders if border <= len(text))
    return [
        _segment(text, start, end, placed, sentences, slots, start >= shown)
        for start, end in pairwise(ordered)
        if start < end
    ]


def _segment(
    text: str,
    start: int,
    end: int,
    marks: Sequence[Mark],
    sentences: Sequence[Sentence],
    slots: Sequence[tuple[int, int]],
    is_cut: bool,
) -> Segment:
    mark = next((mark for mark in marks if mark["start"] <= start and end <= mark["end"]), None)
    facts = next((sentence.facts for sentence in sentences if sentence.start <= start and end <= sentence.end), ())
    return Segment(
        text=text[start:end],
        facts=facts,
        mark=mark,
        begins_mark=mark is not None and mark["start"] == start,
        is_slot=any(first <= start and end <= last for first, last in slots),
        is_cut=is_cut,
    )
