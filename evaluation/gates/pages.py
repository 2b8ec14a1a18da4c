"""The page of a task's suites and gate, and the part of an evaluation's page that says how it stands by them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from evaluation.evaluations import queries as evaluation_queries
from evaluation.evaluations import slices as scored_slices
from evaluation.evaluations import tables
from evaluation.evaluations.run_inputs import tuned_name
from evaluation.gates import forms, queries, set_gate
from evaluation.gates import rules as gate_rules
from evaluation.metrics.typed import judged_by
from evaluation.states import SuiteKind
from evaluation.suites import derive, freeze_suite, slicing
from evaluation.suites import queries as suite_queries
from members.session import member_of
from review.states import Role
from review.tasks.permissions import may, task_or_404
from web.errors import Refusal
from web.http.pagination import numbered_page

if TYPE_CHECKING:
    from evaluation.models import Evaluation
    from review.models import Task


@require_http_methods(["GET", "HEAD", "POST"])
def gate(request: HttpRequest, slug: str) -> HttpResponse:
    task = task_or_404(member_of(request), slug)
    refusal = None
    if request.method == "POST":
        try:
            rules = forms.asked_rules(request.POST, [row.rule for row in _rows(task)])
            made = set_gate.set_gate(task, rules=rules, by=member_of(request), base_number=_seen(request))
        except Refusal as error:
            refusal = error
        else:
            message = f"Gate {made.number} applies from now on." if rules else "The task no longer has a gate."
            messages.success(request, message)
            return redirect("evaluation:gate", slug)
    return render(request, "evaluation/gate.html", _context(request, task, refusal), status=_status(refusal))


@require_POST
def freeze(request: HttpRequest, slug: str) -> HttpResponse:
    task, form = task_or_404(member_of(request), slug), forms.SuiteForm(request.POST)
    try:
        if not form.is_valid():
            raise Refusal(
                "bad_suite", "This suite is not valid.", hint="Choose a kind, and write a seed as a whole number."
            )
        suite = freeze_suite.freeze_suite(task, form.wanted(), by=member_of(request))
    except Refusal as refusal:
        return render(request, "evaluation/gate.html", _context(request, task, refusal), status=refusal.status)
    messages.success(request, f"'{suite.name}' is frozen with {len(suite.cases)} cases.")
    return redirect("evaluation:gate", slug)


@require_safe
def slices(request: HttpRequest, evaluation_id: UUID) -> HttpResponse:
    evaluation = evaluation_queries.evaluation_or_404(member_of(request), evaluation_id)
    metric = tables.headline_metric(evaluation.summary)
    scored = _slices(evaluation) if evaluation.is_done else []
    context = {
        "evaluation": evaluation,
        "standing": queries.standing_of(evaluation),
        "judged_by": metric,
        "worse": [part for part in scored if part.is_worse],
        "others": [part for part in scored if not part.is_worse],
        "wrong_at_most": 100 - tables.percent_level(evaluation.summary),
    }
    return render(request, "evaluation/_slices.html", context)


def _slices(evaluation: Evaluation) -> list[scored_slices.ScoredSlice]:
    metric = tables.headline_metric(evaluation.summary)
    kept = evaluation_queries.scores_by_record(evaluation, system=tuned_name(evaluation.run), metric=metric.name)
    records = slicing.slices_of(evaluation.task_version.spec, kept.facts)
    if evaluation.suite is not None and suite_queries.changes_facts(evaluation.suite):
        cases: dict[str, set[str]] = {}
        for record, rule in suite_queries.rules_of(evaluation.suite).items():
            cases.setdefault(derive.LABELS[rule], set()).add(record)
        records = {"case": cases, **records}
    return scored_slices.scored(
        records,
        kept.scores,
        kept.companies,
        metric,
        summary=evaluation.summary,
        more_is_better=gate_rules.more_is_better(metric.name),
    )


def _seen(request: HttpRequest) -> int | None:
    """Number of the gate that the form was filled in beside."""
    number = request.POST.get("number", "")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 9 else None


def _rows(task: Task) -> list[forms.RuleRow]:
    gate_row = queries.gate_of(task)
    rules = gate_rules.read(gate_row.rules) if gate_row else []
    return forms.rows(
        rules, gate_rules.proposed(queries.newest_summary(task), judged_by=judged_by(suite_queries.newest_spec(task)))
    )


def _context(request: HttpRequest, task: Task, refusal: Refusal | None) -> dict[str, Any]:
    member, rows = member_of(request), _rows(task)
    is_of_suite = "slice" in request.POST
    return {
        "task": task,
        "section": "evaluation",
        "gate": queries.gate_of(task),
        "rows": forms.as_posted(request.POST, rows) if request.POST and not is_of_suite else rows,
        # What a refused form said, to be drawn again.
        "typed": request.POST,
        "metrics": forms.metrics(queries.newest_summary(task), chosen=request.POST.get("metric", "")),
        "kinds": forms.OWN_KINDS,
        "against": forms.OWN_AGAINST,
        "suites": suite_queries.names(task),
        "page": numbered_page(suite_queries.visible(member, task=task), request.GET.get("page")),
        "suite_kinds": SuiteKind.choices,
        "slice_columns": slicing.column_names(suite_queries.newest_spec(task)),
        "may_lead": may(member, task, Role.LEAD),
        "refusal": refusal,
    }


def _status(refusal: Refusal | None) -> int:
    return refusal.status if refusal else 200
