"""Effect of a stage's answer: what it passes on, and whether its mail goes on. Pure Python.

Of a research answer a claim is passed on only where its quote stands letter by letter in the page at its address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from campaigns.pipelines.values import passes, written
from campaigns.states import StageKind, StageState
from review.spec.schema import Facts, Fields, OutputField
from review.spec.task_spec import TaskSpec
from review.text.grounding import quoting
from review.text.grounding.quoting import address, quotable_facts, texts_by_address
from review.text.verification.claim_task import NO_SUPPORT, SUPPORTED


@dataclass(frozen=True)
class StageOutcome:
    """State of a stage with a mail after its answer.

    Attributes:
        reason: Why it stopped, or what was left out.
    """

    state: StageState
    output: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""


def outcome(
    kind: StageKind, spec: TaskSpec, facts: Facts, fields: Fields, condition: Mapping[str, Any]
) -> StageOutcome:
    """Decide what an answer passes on, and whether its mail goes on.

    Args:
        condition: Which mails go on; empty: all.
    """
    if kind in (StageKind.VERIFY, StageKind.CHECK):
        supported = fields.get(SUPPORTED) is True
        return (
            StageOutcome(StageState.PASSED) if supported else StageOutcome(StageState.STOPPED, reason=f"{NO_SUPPORT}.")
        )
    output = {each.name: fields.get(each.name) for each in spec.output_schema if each.role != "reasoning"}
    left_out = 0
    if kind == StageKind.RESEARCH:
        output, left_out = _quoted(spec, facts, output)
    reason = f"{left_out} of its claims left out: the quote is not in the page." if left_out else ""
    if condition and not passes(output.get(condition["field"]), condition):
        return StageOutcome(StageState.STOPPED, output, stopped_by(condition["field"], output.get(condition["field"])))
    return StageOutcome(StageState.PASSED, output, reason)


def stopped_by(name: str, value: object) -> str:
    """Why a condition stops a mail: the field it asks, and what that says."""
    text = ", ".join(map(written, value)) if isinstance(value, list) else written(value)
    return f"{name} is {text[:200] or 'empty'}."


def _quoted(spec: TaskSpec, facts: Facts, output: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """Keep claims whose quotes stand in their pages, in the pages' words; count those that do not."""
    pages = {address(url): (url, text) for url, text in texts_by_address(quotable_facts(spec), facts).items()}
    kept, left_out = dict(output), 0
    for each in spec.output_schema:
        value = kept.get(each.name)
        if each.type == "list" and isinstance(value, list) and any(map(quoting.is_quote, each.items)):
            stands = [_as_in_page(each, claim, pages) for claim in value if isinstance(claim, dict)]
            kept[each.name] = [claim for claim in stands if claim is not None]
            left_out += len(value) - len(kept[each.name])
        elif each.type == "quote" and value:
            kept[each.name] = _words_of_page(str(value), [text for _, text in pages.values()])
            left_out += kept[each.name] is None
    return kept, left_out


def _as_in_page(
    field_: OutputField, claim: Mapping[str, Any], pages: Mapping[str, tuple[str, str]]
) -> dict[str, Any] | None:
    """A claim with the address and the words of its page; None where a quote does not stand there, or it has none."""
    kept, texts = dict(claim), [text for _, text in pages.values()]
    if any(item.name == quoting.URL for item in field_.items):
        named = pages.get(address(str(claim.get(quoting.URL) or "")))
        if named is None:
            return None
        kept[quoting.URL], texts = named[0], [named[1]]
    quotes = {item.name: str(claim.get(item.name) or "") for item in field_.items if quoting.is_quote(item)}
    words = {name: _words_of_page(quote, texts) for name, quote in quotes.items()}
    return None if not words or None in words.values() else {**kept, **words}


def _words_of_page(quote: str, texts: Sequence[str]) -> str | None:
    """A quote as it stands in the first text that has it, in one line; None where none has."""
    places = ((text, quoting.find(quote, text)) for text in texts)
    return next((" ".join(text[place[0] : place[1]].split()) for text, place in places if place), None)
