"""Pages of evaluations: those of a task, one of them, and the card that other rooms' pages load."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from evaluation.evaluations import (
    answer,
    compared,
    costs,
    label_tables,
    open_test_split,
    progress,
    start_evaluation,
    tables,
    unsupported,
    wording_gap,
)
from evaluation.evaluations import queries as selectors
from evaluation.evaluations.open_test_split import MOST_PLANNED
from evaluation.evaluations.run_inputs import tuned_name
from evaluation.states import DEFAULT_BASELINES, Baseline, SystemKind
from evaluation.suites import queries as suite_queries
from members.session import member_of
from review.sources.judge_records.queries import is_withheld
from review.states import Role
from review.tasks.permissions import may, task_or_404
from training.runs import queries as run_selectors
from web.errors import Refusal
from web.http.pagination import numbered_page

if TYPE_CHECKING:
    from evaluation.models import Evaluation, Suite
    from training.models import TrainingRun

RECORDS_A_PAGE = 5
FIRST_SAMPLES = 3

# An evaluation of a run is ordered by itself as soon as the run has ended.
BEGINS_WITHIN_S = 60


@require_safe
def index(request: HttpRequest, slug: str) -> HttpResponse:
    task = task_or_404(member_of(request), slug)
    page = numbered_page(selectors.visible(member_of(request), task=task), request.GET.get("page"))
    rows = [
        {
            "evaluation": each,
            "answer": answer.of(each.summary, own_system=tuned_name(each.run)),
            "level": tables.percent_level(each.summary),
        }
        for each in page
    ]
    newest: dict[str, Any] = next((evaluation.summary for evaluation in page if evaluation.summary), {})
    return render(
        request,
        "evaluation/index.html",
        {
            "task": task,
            "section": "evaluation",
            "page": page,
            "evaluations": rows,
            "metric": tables.headline_metric(newest),
            "wording_gap": wording_gap.between([row["evaluation"] for row in rows]),
            "openings": list(selectors.openings(task)),
            "uncounted": selectors.uncounted_reads(task),
        },
    )


@require_POST
def start(request: HttpRequest, run_id: UUID) -> HttpResponse:
    run = run_selectors.run_or_404(member_of(request), run_id)
    by = member_of(request)
    return _ordered(
        request,
        run,
        lambda form: start_evaluation.start(
            run, by=by, baselines=form.asked_baselines, suite=_suite(run, form.cleaned_data["suite"])
        ),
    )


def _suite(run: TrainingRun, suite_id: UUID | None) -> Suite | None:
    return suite_queries.of_task(run.task, name=str(suite_id)) if suite_id else None


@require_POST
def open_test(request: HttpRequest, run_id: UUID) -> HttpResponse:
    run, by = run_selectors.run_or_404(member_of(request), run_id), member_of(request)
    return _ordered(
        request,
        run,
        lambda form: open_test_split.open_test_split(
            run, by=by, planned=form.cleaned_data["planned"], baselines=form.asked_baselines
        ),
    )


def _ordered(request: HttpRequest, run: TrainingRun, order: Callable[[OrderForm], Evaluation]) -> HttpResponse:
    form = OrderForm(request.POST)
    try:
        if not form.is_valid():
            raise Refusal("bad_order", form.mistakes, hint="Reload the page.")
        made = order(form)
    except Refusal as refusal:
        messages.error(request, f"{refusal.message} {refusal.hint}")
        return redirect("evaluation:list", run.task.slug)
    return redirect("evaluation:detail", made.pk)


@require_safe
def detail(request: HttpRequest, evaluation_id: UUID) -> HttpResponse:
    evaluation = selectors.evaluation_or_404(member_of(request), evaluation_id)
    summary, failing = evaluation.summary, request.GET.get("failing", "")
    names = tables.systems(summary)
    of_values = tables.of_values(summary)
    judged_by, metric_rows = tables.headline_metric(summary), tables.rows(summary)
    rows = selectors.records(evaluation, failing=failing if failing in names else "", by=judged_by.name)
    page = numbered_page(rows, request.GET.get("page"), size=RECORDS_A_PAGE)
    may_see_texts = selectors.may_see_texts(member_of(request), evaluation.task)
    own = tuned_name(evaluation.run)
    first = answer.of(summary, own_system=own, costs=costs.of(evaluation) if evaluation.is_done else {})
    plain = answer.labels(summary, own_system=own)
    leading = [row.name for row in (first.own, *first.teachers, *first.others) if row] if first else []
    baselines = [name for name in names if leading and name not in leading]
    # Who chose among the samples, or turned their page, reads them.
    is_reading = bool(request.GET.keys() & {"failing", "page"})
    withheld = is_withheld(member_of(request), evaluation.task)
    shows_first = may_see_texts and first and not (is_reading or withheld)
    context = {
        "task": evaluation.task,
        "section": "evaluation",
        "evaluation": evaluation,
        "answer": first,
        "progress": progress.of(evaluation),
        "wording_gap": wording_gap.behind(evaluation),
        "system_labels": plain,
        "systems": names,
        "rows": [row for row in metric_rows if not row["metric"].is_of_check],
        "check_rows": [row for row in metric_rows if row["metric"].is_of_check],
        "differences": tables.differences(summary, judged_by.name),
        "judged_by": judged_by,
        "label_tables": label_tables.of(summary, leading or names),
        "baseline_tables": label_tables.of(summary, baselines),
        "of_values": of_values,
        "spec": evaluation.task_version.spec,
        "likelihood": tables.differences(summary, "gold_nll_per_byte"),
        "chart": _chart(tables.chart(summary, judged_by.name, leading), plain),
        "may_see_texts": may_see_texts,
        "is_withheld": withheld,
        "unsupported": unsupported.examples(evaluation) if may_see_texts else [],
        "forgetting": tables.forgetting(summary),
        "page": page,
        "failing": failing,
        "is_reading": is_reading,
        "samples": selectors.side_by_side(evaluation, list(page), names) if may_see_texts else [],
        "first_samples": selectors.side_by_side(
            evaluation, selectors.contrasting(evaluation, rows, leading[:2], judged_by.name, FIRST_SAMPLES), leading
        )
        if shows_first
        else [],
        "may_lead": may(member_of(request), evaluation.task, Role.LEAD),
        "warning": tables.few_records_warning(first.records if first else len(evaluation.record_ids), evaluation.split),
        "openings": list(selectors.openings(evaluation.task)),
        "fewest": tables.fewest_companies(summary),
        "most_planned": open_test_split.MOST_PLANNED,
        "opening": getattr(evaluation, "opening", None),
        "level": tables.percent_level(summary),
        "baselines": [
            (each, each.label, each in (evaluation.baselines or DEFAULT_BASELINES))
            for each in compared.chosen(evaluation.run)
        ],
        "always": compared.always(evaluation.run),
        "suites": suite_queries.names(evaluation.task),
    }
    return render(request, "evaluation/detail.html", context)


def _chart(chart: dict[str, Any], labels: dict[str, str]) -> dict[str, Any]:
    return {**chart, "rows": [{**row, "name": labels[row["name"]]} for row in chart["rows"]]}


@require_safe
def card(request: HttpRequest, run_id: UUID) -> HttpResponse:
    run = run_selectors.run_or_404(member_of(request), run_id)
    evaluation = selectors.of_run(member_of(request), run.pk)
    summary = evaluation.summary if evaluation else {}
    context = {
        "run": run,
        "evaluation": evaluation,
        "headline": _headline(summary, own_system=tuned_name(run)),
        "progress": progress.of(evaluation) if evaluation else None,
        "wording_gap": wording_gap.behind(evaluation) if evaluation else None,
        "level": tables.percent_level(summary),
        "behind": answer.behind_baseline(summary, own_system=tuned_name(run)),
        "metric": tables.headline_metric(summary),
        "is_awaited": _is_awaited(run, evaluation),
        "may_order": _is_to_order(evaluation) and may(member_of(request), run.task, Role.LEAD),
        "may_compare": _has_teacher(evaluation) and may(member_of(request), run.task, Role.LEAD),
    }
    return render(request, "evaluation/_card.html", context)


def _headline(summary: dict[str, Any], *, own_system: str) -> list[dict[str, Any]]:
    """The miniature, then its teachers; baselines are on the evaluation's own page."""
    labels, kinds = answer.labels(summary, own_system=own_system), summary.get("kinds", {})
    lines = [line for line in tables.headline(summary) if kinds.get(line["name"]) not in answer.BASELINES]
    return [
        {**line, "name": labels[line["name"]]} for line in sorted(lines, key=lambda line: line["name"] != own_system)
    ]


def _has_teacher(evaluation: Evaluation | None) -> bool:
    return evaluation is not None and SystemKind.TEACHER in evaluation.summary.get("kinds", {}).values()


def _is_awaited(run: TrainingRun, evaluation: Evaluation | None) -> bool:
    """Return whether the card will change by itself: an evaluation is under way, or begins just after its run."""
    if evaluation is not None:
        return not (evaluation.is_done or evaluation.problem or evaluation.is_cancelled)
    ended_at = run.job.finished_at
    return ended_at is not None and (timezone.now() - ended_at).total_seconds() < BEGINS_WITHIN_S


def _is_to_order(evaluation: Evaluation | None) -> bool:
    return evaluation is None or bool(evaluation.problem) or evaluation.is_cancelled


class OrderForm(forms.Form):
    """Baselines that a run is compared with; `planned` is asked for the first opening of a test split alone."""

    # Tells a form without a tick from a button that asks for the usual.
    chosen = forms.BooleanField(required=False, widget=forms.HiddenInput)
    baselines = forms.MultipleChoiceField(choices=Baseline.choices, required=False)
    # A suite's id; the validation split's records where it is empty.
    suite = forms.UUIDField(required=False)
    planned = forms.IntegerField(required=False, min_value=1, max_value=MOST_PLANNED)

    @property
    def asked_baselines(self) -> list[str] | None:
        """The baselines that were ticked; None where nobody was asked."""
        return list(self.cleaned_data["baselines"]) if self.cleaned_data["chosen"] else None

    @property
    def mistakes(self) -> str:
        return " ".join(f"{name}: {' '.join(map(str, messages))}" for name, messages in self.errors.items())
