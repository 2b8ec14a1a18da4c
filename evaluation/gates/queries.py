"""Questions about gates: which one a task has, and how a run stands before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from evaluation.evaluations import answer
from evaluation.evaluations.run_inputs import tuned_name
from evaluation.gates import assess
from evaluation.gates import rules as gate_rules
from evaluation.gates.assess import GateFinding
from evaluation.models import Evaluation, Gate
from members.models import Member
from review.models import Task
from review.tasks.permissions import tasks_for
from training.models import TrainingRun

CONSIDERED = 50


@dataclass(frozen=True)
class GateStanding:
    """Standing of a run before its task's gate.

    Attributes:
        gate: The gate; None where the task has none, or it was lifted.
        evaluation: What it is judged on; None where nothing was evaluated.
        finding: By rule; nothing where there is no gate.
        behind: Why it looks of no use whatever the gate asks, see `answer.behind_baseline`; told of a promotion alone.
    """

    gate: Gate | None
    evaluation: Evaluation | None
    finding: GateFinding
    behind: str = ""

    @property
    def passes_gate(self) -> bool:
        """Return whether there is no gate, or it is passed."""
        return self.gate is None or self.finding.passes is True

    @property
    def is_open(self) -> bool:
        return self.passes_gate and not self.behind

    @property
    def reasons(self) -> list[str]:
        return [*self.finding.reasons, *([self.behind] if self.behind else [])]

    def as_json(self) -> dict[str, Any]:
        return {
            "passes": self.finding.passes,
            "gate": self.gate.number if self.gate else None,
            "evaluation": self.evaluation.pk if self.evaluation else None,
            "rules": [finding.as_json() for finding in self.finding.rules],
        }


def gate_of(task: Task) -> Gate | None:
    """The gate that a task has now; None where none was set, or it was lifted."""
    newest = Gate.objects.filter(task=task).select_related("created_by").order_by("-number").first()
    return newest if newest is not None and newest.rules else None


def visible(member: Member, *, task: Task | None = None) -> QuerySet[Gate]:
    """Gates of tasks the member may see, every version, newest first."""
    gates = Gate.objects.filter(task__in=tasks_for(member)).select_related("task", "created_by")
    return (gates.filter(task=task) if task else gates).order_by("-created_at", "-id")


def standing_of(evaluation: Evaluation) -> GateStanding:
    """Standing of a run by this evaluation; rules of another suite by the newest evaluation on that suite."""
    gate = gate_of(evaluation.task)
    suite = evaluation.suite.name if evaluation.suite else ""
    return GateStanding(gate, evaluation, _finding(gate, evaluation.run, evaluation.summary, suite=suite))


def standing_of_run(run: TrainingRun) -> GateStanding:
    """Judge a run by its newest evaluation on a whole split that ended and may give a verdict.

    Rules of a suite are judged by its newest evaluation on that suite.
    """
    gate, evaluation = gate_of(run.task), newest_ended(run)
    summary = evaluation.summary if evaluation else {}
    behind = answer.behind_baseline(summary, own_system=tuned_name(run))
    return GateStanding(gate, evaluation, _finding(gate, run, summary), behind)


def _finding(gate: Gate | None, run: TrainingRun, summary: Mapping[str, Any], *, suite: str = "") -> GateFinding:
    rules = gate_rules.read(gate.rules) if gate else []
    summaries = {"": dict(summary), suite: dict(summary)}
    for name in {rule.suite for rule in rules} - summaries.keys():
        newest = newest_ended(run, suite=name)
        summaries[name] = dict(newest.summary) if newest else {}
    own = tuned_name(run)
    return GateFinding(tuple(assess.assess([rule], summaries[rule.suite], own_system=own).rules[0] for rule in rules))


def newest_ended(run: TrainingRun, *, suite: str = "") -> Evaluation | None:
    """The newest evaluation of a run with scores that may give a verdict.

    With a suite's name, it is one on that suite; else one on a whole split.
    """
    return next((each for each in _newest(run, suite) if each.is_done and not each.summary.get("is_exploratory")), None)


def newest_of(run: TrainingRun, *, suite: str = "") -> Evaluation | None:
    return next(iter(_newest(run, suite)[:1]), None)


def _newest(run: TrainingRun, suite: str) -> QuerySet[Evaluation]:
    of_suite = Q(suite__name=suite) if suite else Q(suite=None)
    evaluations = Evaluation.objects.filter(of_suite, run=run).select_related(
        "task", "run", "job", "suite", "teacher_order__job"
    )
    return evaluations.order_by("-created_at", "-id")[:CONSIDERED]


def newest_summary(task: Task) -> dict[str, Any]:
    """Return what the newest finished evaluation of a task measured; empty where there is none."""
    newest = Evaluation.objects.filter(task=task).exclude(summary={}).order_by("-created_at").first()
    return dict(newest.summary) if newest else {}
