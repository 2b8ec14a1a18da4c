"""Context that every part of one attempt works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from generation.engine.budget import BudgetTracker
from generation.engine.calls.finish import CallFinisher
from generation.engine.contracts import GenerationSpec
from generation.engine.journal.writer import Journal
from generation.engine.report import Report
from jobs.rundir import RunDir


@dataclass(frozen=True)
class EngineContext:
    """Context that every part of one attempt works with.

    Attributes:
        budget: The money, what earlier attempts spent included.
        run: Says which events are stored outside; the lines of a batch are written there before they are submitted.
        should_stop: Asked about ten times a second.
    """

    spec: GenerationSpec
    journal: Journal
    budget: BudgetTracker
    report: Report
    finisher: CallFinisher
    run: RunDir
    should_stop: Callable[[], bool]
