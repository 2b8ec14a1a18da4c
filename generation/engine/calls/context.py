"""Context that every part of one attempt works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from generation.engine.budget import BudgetTracker
from generation.engine.calls.finish import CallFinisher
from generation.engine.calls.write_ahead import AckSource
from generation.engine.contracts import GenerationSpec
from generation.engine.journal.writer import Journal
from generation.engine.report import Report


@dataclass(frozen=True)
class EngineContext:
    """Context that every part of one attempt works with.

    Attributes:
        budget: The money, what earlier attempts spent included.
        acks: Says which events are stored outside.
        folder: The run directory, where the lines of a batch are written before they are submitted.
        attempt: This attempt's number: no token is used twice.
        should_stop: Asked about ten times a second.
    """

    spec: GenerationSpec
    journal: Journal
    budget: BudgetTracker
    report: Report
    finisher: CallFinisher
    acks: AckSource
    folder: Path
    attempt: int
    should_stop: Callable[[], bool]
