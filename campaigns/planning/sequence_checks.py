"""Faults of a sequence of mails, and of a list of days off, each in words that name the mail or the date."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Protocol

from campaigns.states import FOLLOWED_REPLIES, ReplyClass, StepCondition

MOST_STEPS, MOST_WAIT_DAYS, MOST_DAYS_OFF = 6, 90, 60
DAY_S = 86_400


class PlannedStep(Protocol):
    @property
    def wait_s(self) -> int: ...
    @property
    def when(self) -> StepCondition: ...
    @property
    def reply_classes(self) -> Sequence[str]: ...


def step_errors(steps: Sequence[PlannedStep]) -> list[str]:
    """Everything that is wrong with a sequence; empty when it can be saved."""
    if not 1 <= len(steps) <= MOST_STEPS:
        return [f"A sequence has 1 to {MOST_STEPS} mails; this one has {len(steps)}."]
    return [error for number, step in enumerate(steps, start=1) for error in _of_step(number, step)]


def _of_step(number: int, step: PlannedStep) -> Iterator[str]:
    if not 0 <= step.wait_s <= MOST_WAIT_DAYS * DAY_S:
        yield f"Mail {number}: a wait is between 0 and {MOST_WAIT_DAYS} days."
    if number == 1 and (step.when != StepCondition.NO_ANSWER or step.reply_classes):
        yield "Mail 1 goes to everybody: give the condition to a later mail."
    elif step.when == StepCondition.REPLIED:
        yield from _of_answers(number, step)
    elif step.reply_classes:
        yield f"Mail {number} names a class of answer but does not wait for one: choose that condition, or name no class."


def _of_answers(number: int, step: PlannedStep) -> Iterator[str]:
    allowed = ", ".join(FOLLOWED_REPLIES)
    if not step.reply_classes:
        yield f"Mail {number} responds to an answer: choose its class, one of {allowed}."
    for reply_class in step.reply_classes:
        if reply_class not in FOLLOWED_REPLIES:
            label = ReplyClass(reply_class).label if reply_class in ReplyClass.values else reply_class[:40]
            yield f"Mail {number} cannot take up '{label}'; it may take up {allowed}."


def day_off_errors(days: Iterable[str]) -> list[str]:
    """Everything that is wrong with a list of days off, ISO dates."""
    given = list(days)
    if len(given) > MOST_DAYS_OFF:
        return [f"At most {MOST_DAYS_OFF} days off; these are {len(given)}."]
    return [f"'{day[:40]}' is not a date; write one such as 2026-12-25." for day in given if not is_date(day)]


def is_date(text: str) -> bool:
    """Tell whether a text is a day of the calendar as YYYY-MM-DD."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
