"""Spans: a text cut at the borders of marks, sentences, slots and invisible characters.

Pure Python. Offsets are code points, so the text is cut here and not in a browser, which counts UTF-16 units.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any

from review.spec.schema import SLOT
from review.text.grounding.attribution import Sentence

Mark = Mapping[str, Any]
# Invisible characters that can disguise a text: controls, direction overrides, zero-width blanks. Direction marks and
# joiners, which Arabic, Hebrew, Persian and emoji use, are allowed.
_SIGN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_SIGNS_AT_MOST = 200
_SHORT = {
    "\u202e": "RLO",
    "\u202d": "LRO",
    "\u202b": "RLE",
    "\u202a": "LRE",
    "\u202c": "PDF",
    "\u2066": "LRI",
    "\u2067": "RLI",
    "\u2068": "FSI",
    "\u2069": "PDI",
    "\u200b": "ZWSP",
    "\u00ad": "SHY",
    "\ufeff": "BOM",
}


@dataclass(frozen=True, slots=True)
class Span:
    """Piece of text with one appearance.

    Attributes:
        facts: Refs of the passages of its sentence.
        mark: Mark that covers it, if any.
        begins_mark: Whether it is the first piece of its mark, which carries the message.
        is_slot: Whether it is a slot that is filled when the text is used.
        is_cut: Whether it is beyond the part that an inbox shows.
        is_unsupported: Whether its sentence is an unsupported claim.
        begins: Whether it is the first piece of its sentence.
        is_quoted: Whether a quote is taken from it.
    """

    text: str
    facts: tuple[str, ...] = ()
    mark: Mark | None = None
    begins_mark: bool = False
    is_slot: bool = False
    is_cut: bool = False
    is_unsupported: bool = False
    begins: bool = False
    is_quoted: bool = False

    @property
    def is_plain(self) -> bool:
        return not (
            self.facts or self.mark or self.is_slot or self.is_cut or self.is_unsupported or self.sign or self.is_quoted
        )

    @property
    def is_bare(self) -> bool:
        """Return whether the piece has no fact, no quote and no invisible character."""
        return not (self.facts or self.sign or self.is_quoted)

    @property
    def is_stop(self) -> bool:
        """Return whether the keyboard stops here: at the start of a sentence that rests on facts or is unsupported."""
        return self.begins and bool(self.facts or self.is_unsupported)

    @property
    def sign(self) -> str:
        """Return the name of an invisible character; empty for any other piece."""
        if len(self.text) != 1 or not _SIGN.match(self.text):
            return ""
        return _SHORT.get(self.text) or f"U+{ord(self.text):04X}"

    @property
    def is_page_break(self) -> bool:
        """Return whether the piece parts two pages of a document."""
        return self.text == "\f"

    @property
    def sign_name(self) -> str:
        return unicodedata.name(self.text, "control character").lower()


def cut_spans(
    text: str,
    *,
    marks: Sequence[Mark] = (),
    sentences: Sequence[Sentence] = (),
    shown: int | None = None,
    quoted: Sequence[tuple[int, int]] = (),
) -> list[Span]:
    """Cut a text into spans that together are the text.

    Args:
        marks: Marks of checks.
        sentences: Supported and unsupported sentences in order, without overlap.
        shown: Number of characters that an inbox shows; the rest is cut.
        quoted: Start and end of quoted places.

    Marks without extent or outside the text are ignored. Of overlapping marks the earlier one wins.
    """
    placed = [mark for mark in marks if 0 <= mark["start"] < mark["end"] <= len(text)]
    slots = [match.span() for match in SLOT.finditer(text)]
    signs = [match.span() for match in islice(_SIGN.finditer(text), _SIGNS_AT_MOST)]
    shown = len(text) if shown is None else shown
    borders = {0, len(text), min(shown, len(text))}
    spans = [(mark["start"], mark["end"]) for mark in placed] + [(each.start, each.end) for each in sentences]
    for start, end in [*spans, *slots, *signs, *quoted]:
        borders.update((start, end))
    starts = [sentence.start for sentence in sentences]
    return [
        _segment(text, start, end, placed, _around(start, end, sentences, starts), slots, quoted, start >= shown)
        for start, end in pairwise(sorted(border for border in borders if border <= len(text)))
        if start < end
    ]


def _around(start: int, end: int, sentences: Sequence[Sentence], starts: Sequence[int]) -> Sentence | None:
    index = bisect_right(starts, start) - 1
    return sentences[index] if index >= 0 and end <= sentences[index].end else None


def _segment(
    text: str,
    start: int,
    end: int,
    marks: Sequence[Mark],
    sentence: Sentence | None,
    slots: Sequence[tuple[int, int]],
    quoted: Sequence[tuple[int, int]],
    is_cut: bool,
) -> Span:
    mark = next((mark for mark in marks if mark["start"] <= start and end <= mark["end"]), None)
    return Span(
        text=text[start:end],
        facts=sentence.facts if sentence else (),
        mark=mark,
        begins_mark=mark is not None and mark["start"] == start,
        is_slot=any(first <= start and end <= last for first, last in slots),
        is_cut=is_cut,
        is_unsupported=sentence is not None and sentence.standing == "unsupported",
        begins=sentence is not None and sentence.start == start,
        is_quoted=any(first <= start and end <= last for first, last in quoted),
    )
