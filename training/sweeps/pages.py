"""Pages of sweeps: those of a task, a new one with what it takes, one of them live, its cells as a file."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from members.session import member_of
from review.datasets import queries
from review.states import Role
from review.tasks.permissions import may, task_or_404
from training.miniatures import queries as miniatures_queries
from training.notices import followers
from training.recipes.presets import PRESETS
from training.runs import proposal
from training.runs.forms import StartingPointForm, first_choice
from training.runs.run_request import RunRequest, requested_by, why_no_classifier
from training.states import Device
from training.students import queries as student_selectors
from training.sweeps import launch_sweep, plan, presentation
from training.sweeps import queries as selectors
from training.sweeps.grid import MAX_AT_ONCE, SweepRequest
from web.errors import Refusal
from web.http.pagination import numbered_page
from web.whole_numbers import whole_number

if TYPE_CHECKING:
    from review.models import Task

MAX_NUMBERS = 20


class NumberListField(forms.CharField):
    """Numbers separated by blanks, commas or semicolons; empty for none."""

    def __init__(self, *, coerce: Callable[[str], float], words: str, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=200, **kwargs)
        self._coerce, self._words = coerce, words

    def clean(self, value: object) -> tuple[float, ...]:
        typed = str(super().clean(value)).replace(",", " ").replace(";", " ").replace("%", " ").split()
        try:
            numbers = tuple(self._coerce(word) for word in typed)
        except ValueError:
            raise forms.ValidationError(f"Write {self._words}, separated by blanks.") from None
        if len(numbers) > MAX_NUMBERS or not all(0 < number < math.inf for number in numbers):
            raise forms.ValidationError(f"Write {self._words} above zero, at most {MAX_NUMBERS} of them.")
        return numbers


class SweepForm(StartingPointForm):
    """A sweep to launch; an axis left empty keeps the recipe's own value."""

    dataset_version = forms.ChoiceField(label="Dataset version")
    student = forms.ChoiceField(label="Student")
    recipe = forms.ChoiceField(
        label="Recipe to start from", choices=lambda: [(preset.name, preset.label) for preset in PRESETS.values()]
    )
    device = forms.ChoiceField(label="Device", choices=Device.choices, initial=Device.AUTO)
    learning_rate = NumberListField(
        label="Learning rates",
        coerce=float,
        words="numbers such as 1e-4 3e-4 1e-3",
        help_text="Such as 1e-4 3e-4 1e-3. Sweep this first: it matters most.",
    )
    rank = NumberListField(label="LoRA ranks", coerce=int, words="whole numbers", help_text="Such as 8 32.")
    epochs = NumberListField(label="Epochs", coerce=int, words="whole numbers", help_text="Such as 1 3.")
    share = NumberListField(
        label="Shares of the data, %",
        coerce=float,
        words="percentages",
        help_text="Such as 25 50 100: is less data enough, or would more help?",
    )
    max_hours = forms.FloatField(
        label="Budget, hours", required=False, min_value=0.001, help_text="Hours of hosts, all runs together."
    )
    max_usd = forms.DecimalField(
        label="Budget, US dollars", required=False, min_value=0, decimal_places=4, help_text="By the hosts' prices."
    )
    at_once = forms.IntegerField(label="Runs at once", initial=1, min_value=1, max_value=MAX_AT_ONCE)

    def clean_share(self) -> tuple[float, ...]:
        return tuple(share / 100 for share in self.cleaned_data["share"])


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest, slug: str) -> HttpResponse:
    task = task_or_404(member_of(request), slug)
    form, refusal = _form(request, task, request.POST if request.method == "POST" else None, request.GET), None
    if request.method == "POST" and form.is_valid():
        try:
            sweep = launch_sweep.launch(*_read(request, form), by=member_of(request))
            return redirect("training:sweep", sweep.pk)
        except Refusal as error:
            refusal = error
    context = {
        "task": task,
        "section": "training",
        "form": form,
        "refusal": refusal,
        "page": numbered_page(selectors.visible(member_of(request), task=task), request.GET.get("page")),
        "may_lead": may(member_of(request), task, Role.LEAD),
    }
    status = refusal.status if refusal else 400 if form.errors else 200
    return render(request, "training/sweeps.html", context, status=status)


@require_safe
def estimate(request: HttpRequest, slug: str) -> HttpResponse:
    task = task_or_404(member_of(request), slug)
    form, context = _form(request, task, request.GET, QueryDict()), dict[str, Any](task=task)
    if not form.is_valid():
        return render(request, "training/_sweep_estimate.html", {**context, "form": form})
    try:
        context["laid"] = plan.plan_sweep(*_read(request, form))
    except Refusal as error:
        context["refusal"] = error
    return render(request, "training/_sweep_estimate.html", context)


@require_safe
def sweep(request: HttpRequest, sweep_id: UUID) -> HttpResponse:
    return render(request, "training/sweep.html", _context(request, sweep_id))


@require_safe
def progress(request: HttpRequest, sweep_id: UUID) -> HttpResponse:
    return render(request, "training/_sweep_cells.html", _context(request, sweep_id))


@require_safe
def cells_csv(request: HttpRequest, sweep_id: UUID) -> HttpResponse:
    sweep_row = selectors.sweep_or_404(member_of(request), sweep_id)
    answer = HttpResponse("".join(presentation.csv_of(sweep_row)).encode(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{sweep_row.task.slug}-sweep-{sweep_row.number}.csv"'
    return answer


@require_POST
def keep(request: HttpRequest, sweep_id: UUID) -> HttpResponse:
    sweep_row = selectors.sweep_or_404(member_of(request), sweep_id)
    position = request.POST.get("cell", "")
    try:
        run = launch_sweep.keep_run(sweep_row, position=whole_number(position, otherwise=0), by=member_of(request))
    except Refusal as refusal:
        messages.error(request, f"{refusal.message} {refusal.hint}".strip())
    else:
        messages.success(request, f"{run.name} and its miniature are now in the lists.")
    return redirect("training:sweep", sweep_id)


def _context(request: HttpRequest, sweep_id: UUID) -> dict[str, Any]:
    sweep_row = selectors.sweep_or_404(member_of(request), sweep_id)
    return {
        "task": sweep_row.task,
        "section": "training",
        "sweep": sweep_row,
        "job": sweep_row.job,
        "may_lead": may(member_of(request), sweep_row.task, Role.LEAD),
        "watching": followers.following_context(member_of(request), sweep_row.job),
        "mails_go": settings.NOTICES_BY_MAIL,
        **presentation.page(sweep_row),
    }


def _form(request: HttpRequest, task: Task, data: QueryDict | None, initial: QueryDict) -> SweepForm:
    versions = queries.frozen_versions(task).select_related("dataset")
    students, no_classifier = list(student_selectors.all_students()), why_no_classifier(task)
    # Something that can be launched as it stands, so that the estimate begins with figures and not with a refusal.
    choices = {name: initial.get(name, "") for name in ("recipe", "student")}
    suited = proposal.propose(task, None).student
    first = first_choice(students, **choices, no_classifier=no_classifier, proposed=suited.slug if suited else "")
    begin = {"max_hours": "" if initial.get("max_usd") else 1, **dict(initial.items()), **first}
    begun = miniatures_queries.listed(member_of(request), task=task)
    return SweepForm(
        data, versions=versions, students=students, miniatures=begun, no_classifier=no_classifier, initial=begin
    )


def _read(request: HttpRequest, form: SweepForm) -> tuple[SweepRequest, RunRequest]:
    return SweepRequest.of(form.cleaned_data), requested_by(member_of(request), form.cleaned_data)
