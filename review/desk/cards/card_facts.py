"""The facts beside a draft as the desk draws them: each passage a sentence can rest on is a piece of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from review.spec.fact_lines import parted
from review.spec.schema import Facts
from review.spec.task_spec import TaskSpec
from review.text.grounding.attribution import Sentence
from review.text.grounding.passages import OFFER, READ_CHARS, PassageIndex, is_blank, offer_lines, written
from review.text.grounding.quoting import QuotePlace, input_places
from review.text.grounding.spans import Span, cut_spans


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of the record, or one line of the offer.

    Attributes:
        name: Its name in the input schema; `offer.claims.0` for the offer's.
        value: As written out, at most `READ_CHARS` of it.
        length: Characters of the whole.
        pieces: The value cut where its passages begin and end; a piece's `facts` holds the ref of its passage.
        used: Refs of its passages that a sentence of the draft rests on.
        turns: Who said what, of a conversation that is shown as one, cut where quotes are taken from.
    """

    name: str
    value: str
    length: int
    description: str
    pieces: Sequence[Span]
    used: frozenset[str]
    turns: Sequence[tuple[str, Sequence[Span]]] = ()

    @property
    def label(self) -> str:
        if self.name.startswith(f"{OFFER}."):
            return self.name.split(".")[1].replace("claims", "claim")
        return self.name.replace("_", " ")

    @property
    def lines(self) -> str:
        """Return the value for a page that does not draw its pieces."""
        return parted(self.value)

    @property
    def is_used(self) -> bool:
        return bool(self.used)

    @property
    def is_whole(self) -> bool:
        return all(ref == self.name for piece in self.pieces for ref in piece.facts)

    @property
    def hidden(self) -> int:
        return self.length - len(self.value)


def record_facts(
    spec: TaskSpec, facts: Facts, grounds: PassageIndex, used: frozenset[str], quoted: Sequence[QuotePlace] = ()
) -> list[Fact]:
    """The record's facts in the order of the input schema, with what the draft and other facts quote of them."""
    quoted = (*quoted, *input_places(spec.input_schema, facts))
    descriptions = {field.name: field.description for field in spec.input_schema}
    talks = {field.name for field in spec.input_schema if field.type == "conversation"}
    return [
        replace(
            _fact(name, written(value), descriptions[name], grounds, used, _spans(name, quoted)),
            turns=_turns(name, value, quoted) if name in talks else (),
        )
        for name, value in shown_facts(spec, facts).items()
    ]


def offer_facts(spec: TaskSpec, grounds: PassageIndex, used: frozenset[str]) -> list[Fact]:
    """Return the lines of the offer as facts of the card."""
    return [_fact(name, text, "From the offer.", grounds, used) for name, text in offer_lines(spec.offer)]


def _turns(name: str, value: object, quoted: Sequence[QuotePlace]) -> list[tuple[str, Sequence[Span]]]:
    """Role and words of each turn; none where the value is no conversation."""
    turns = value if isinstance(value, list) else []
    result: list[tuple[str, Sequence[Span]]] = []
    for index, turn in enumerate(turns):
        if isinstance(turn, dict):
            spans = [(place.start, place.end) for place in quoted if place.fact == f"{name}.{index}.content"]
            pieces = cut_spans(str(turn.get("content") or ""), quoted=spans)
            result.append((str(turn.get("role") or ""), pieces))
    return result


def _spans(name: str, quoted: Sequence[QuotePlace]) -> list[tuple[int, int]]:
    """Return the quoted spans of one fact, as offsets into the fact as written out."""
    own = [place for place in quoted if place.fact.partition(".")[0] == name]
    return [(place.at + place.start, place.at + place.end) for place in own]


def shown_facts(spec: TaskSpec, facts: Facts) -> Facts:
    """The facts that the page shows: those of the input schema that the record brings."""
    return {field.name: facts[field.name] for field in spec.input_schema if not is_blank(facts.get(field.name))}


def _fact(
    name: str,
    text: str,
    description: str,
    grounds: PassageIndex,
    used: frozenset[str],
    quoted: Sequence[tuple[int, int]] = (),
) -> Fact:
    passages = grounds.of(name)
    shown = text[:READ_CHARS]
    sentences = [Sentence(part.start, part.end, (part.ref,)) for part in passages]
    pieces = cut_spans(shown, sentences=sentences, quoted=quoted)
    own = frozenset(part.ref for part in passages) & used
    return Fact(name, shown, len(text), description, pieces, own)
