"""Parsing of one row of verdicts: verdict, edited text, reasons, ratings, reviewer, time. Pure but for time settings.

Words of other tools are brought to ours by a map that the importer sees and may change; what fits no word is refused
with what was found and what is wanted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from review.desk.verdict_fit import LONGEST_NOTE, LONGEST_S
from review.sources.imports.cell_texts import lines_of, text_of
from review.sources.imports.cell_values import PLAIN, Notation, read_value, read_written
from review.sources.imports.verdicts.targets import AT, EDITED, NOTE, RATING, REASONS, REVIEWER, SECONDS, VERDICT
from review.spec.numbers import read_typed
from review.spec.schema import Fields, InputField
from review.spec.task_spec import TaskSpec
from review.spec.values import folded, normalise_fields, normalise_text
from review.states import Verdict
from web import strict_json

LEAVE_OUT = "leave_out"
_GUESSES: dict[str, tuple[str, ...]] = {
    Verdict.ACCEPT: (
        "accept",
        "accepted",
        "approve",
        "approved",
        "yes",
        "good",
        "correct",
        "true",
        "1",
        "ok",
        "keep",
        "positive",
        "pass",
        "consistent",
        "thumbs up",
        "like",
    ),
    Verdict.REJECT: (
        "reject",
        "rejected",
        "no",
        "bad",
        "incorrect",
        "wrong",
        "false",
        "0",
        "negative",
        "fail",
        "drop",
        "discard",
        "discarded",
        "inconsistent",
        "thumbs down",
        "dislike",
    ),
    Verdict.EDIT: (
        "edit",
        "edited",
        "rewrite",
        "rewritten",
        "correction",
        "corrected",
        "fix",
        "fixed",
        "change",
        "needs edit",
        "needs work",
    ),
    LEAVE_OUT: ("skip", "skipped", "ignore", "ignored", "unsure", "not sure", "n/a", "none", "unknown", "don't know"),
}
# In 1973, before any verdict: what is less counts something else.
_LEAST_S = 1e8
_FLAG = InputField(name="rating", type="boolean")


@dataclass(frozen=True, slots=True)
class ParsedVerdict:
    """One verdict as it will be recorded.

    Attributes:
        edited: All fields an edit ends with, in normal form; None for other verdicts.
        seconds: Time it took; None where the file does not say.
        at: When it was given; None where the file does not say.
    """

    verdict: Verdict
    reviewer: str
    edited: Fields | None
    reasons: tuple[str, ...]
    ratings: dict[str, bool]
    seconds: float | None
    note: str
    at: datetime | None


def guess_verdict(value: str) -> str:
    """Return the verdict that a word of another tool means; empty where it is unknown."""
    plain = " ".join(value.casefold().replace("_", " ").replace("-", " ").split())
    return next((str(verdict) for verdict, words in _GUESSES.items() if plain in words), "")


def meaning_of(word: str, verdicts: Mapping[str, str]) -> str:
    """Return the verdict that the importer gave a word, in whatever case; else a guess, empty where it is unknown."""
    in_any_case = {folded(each): meant for each, meant in verdicts.items()}
    return verdicts.get(word) or in_any_case.get(folded(word)) or guess_verdict(word)


def word_of(value: object) -> str:
    """The answer in a verdict's cell as one text."""
    if isinstance(value, list):
        return "; ".join(filter(None, map(word_of, value)))
    return " ".join(text_of(value).split())


def parse_row(
    spec: TaskSpec,
    cells: Mapping[str, Any],
    draft: Fields,
    verdicts: Mapping[str, str],
    *,
    now: datetime,
    notation: Notation = PLAIN,
) -> ParsedVerdict | None:
    """Read what a row says.

    Args:
        cells: By name of target.
        draft: The text that was judged, to tell an edit that changes something.
        verdicts: Which verdict each word means; a word that is not in it is guessed.
        now: No verdict was given later.
        notation: Format of numbers and dates in the file.

    Returns:
        None where the word means to leave the row out.

    Raises:
        ValueError: Names what is wrong, what was found and what is wanted.
    """
    reviewer = word_of(cells.get(REVIEWER))
    if not reviewer:
        raise ValueError("no reviewer is named; fill the column, or give one reviewer for all rows")
    edited = _edited(spec, cells, draft, notation)
    changed = edited is not None and edited != draft
    verdict = _verdict(word_of(cells.get(VERDICT)), verdicts, has_column=VERDICT in cells, changed=changed)
    if verdict is None:
        return None
    if verdict is Verdict.ACCEPT and changed:
        verdict = Verdict.EDIT
    if verdict is Verdict.EDIT and edited is None:
        raise ValueError(f"{reviewer} has the verdict edit but no edited text")
    reasons, strange = _reasons(spec, cells.get(REASONS)) if verdict is Verdict.REJECT else ((), "")
    note = "\n".join(part for part in (normalise_text(word_of(cells.get(NOTE))), strange) if part)
    return ParsedVerdict(
        verdict=verdict,
        reviewer=reviewer,
        edited=edited if verdict is Verdict.EDIT else None,
        reasons=reasons,
        ratings=_ratings(spec, cells),
        seconds=_seconds(cells.get(SECONDS)),
        note=note[:LONGEST_NOTE],
        at=_moment(cells.get(AT), now=now),
    )


def _verdict(word: str, verdicts: Mapping[str, str], *, has_column: bool, changed: bool) -> Verdict | None:
    if not has_column:
        # A tool in which texts are corrected, and left alone when they are right.
        return Verdict.EDIT if changed else Verdict.ACCEPT
    if not word:
        raise ValueError("the verdict is empty")
    meant = meaning_of(word, verdicts)
    if meant == LEAVE_OUT:
        return None
    if meant not in (Verdict.ACCEPT, Verdict.EDIT, Verdict.REJECT):
        raise ValueError(f"the verdict is '{word}'; choose whether that means accept, edit, reject or {LEAVE_OUT}")
    return Verdict(meant)


def _edited(spec: TaskSpec, cells: Mapping[str, Any], draft: Fields, notation: Notation) -> Fields | None:
    edited: Fields = {}
    for field in spec.output_schema:
        value = cells.get(f"{EDITED}{field.name}")
        if field.type == "text" and isinstance(value, list):
            value = lines_of(value)
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        try:
            edited[field.name] = read_written(field, value if field.type == "text" else _unquoted(value), notation)
        except ValueError as error:
            raise ValueError(f"the edited '{field.name}' {error}") from None
    return normalise_fields(spec.output_schema, {**draft, **edited}) if edited else None


def _unquoted(cell: object) -> object:
    """Return the text or null that a cell holds as JSON; any other cell as it is."""
    try:
        inner = strict_json.loads(cell) if isinstance(cell, str) else cell
    except ValueError:
        return cell
    return inner if inner is None or isinstance(inner, str) else cell


def _reasons(spec: TaskSpec, value: object) -> tuple[tuple[str, ...], str]:
    """Codes of reasons the task has, and the others as a line for the note."""
    parts = value if isinstance(value, list) else text_of(value or "").replace(",", ";").split(";")
    named = [text for part in parts if (text := word_of(part))]
    codes = {folded(word): reason.code for reason in spec.reasons for word in (reason.code, reason.label)}
    reason_codes = tuple(dict.fromkeys(codes[folded(name)] for name in named if folded(name) in codes))
    strange = [name for name in named if folded(name) not in codes]
    return reason_codes, f"Reason given: {'; '.join(strange)}" if strange else ""


def _ratings(spec: TaskSpec, cells: Mapping[str, Any]) -> dict[str, bool]:
    ratings = {}
    for requirement in spec.rubric:
        try:
            value = read_value(_FLAG, cells.get(f"{RATING}{requirement.name}"))
        except ValueError as error:
            raise ValueError(f"the rating of '{requirement.name}' {error}") from None
        if value is not None:
            ratings[requirement.name] = value
    return ratings


def _seconds(value: object) -> float | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        seconds = _seconds_in(value)
    except ValueError:
        raise ValueError(f"the seconds are '{value}', expected a number such as 12.5") from None
    if not math.isfinite(seconds) or seconds < 0:
        raise ValueError(f"the seconds are '{value}', expected a number from 0")
    # A card left open over night was not looked at for so long.
    return min(seconds, LONGEST_S)


def _seconds_in(value: object) -> float:
    """Read seconds as programs write them, else with the decimal comma of a spreadsheet."""
    try:
        return float(value if isinstance(value, int | float) else str(value))
    except ValueError:
        return float(read_typed(str(value)))


def _moment(value: object, *, now: datetime) -> datetime | None:
    if value is None or value == "":
        return None
    try:
        moment = (
            _of_number(float(value)) if isinstance(value, (int, float)) else datetime.fromisoformat(str(value).strip())
        )
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"the time is '{value}', expected one such as 2026-05-03T14:02:11Z") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment > now + timedelta(days=1):
        raise ValueError(f"the time is '{value}', which has not come yet")
    return min(moment, now)


def _of_number(number: float) -> datetime:
    """Seconds since 1970, or milliseconds where there are too many; ValueError where it is a spreadsheet's days."""
    if number < _LEAST_S:
        raise ValueError
    return datetime.fromtimestamp(number / 1000 if number > 1e11 else number, UTC)
