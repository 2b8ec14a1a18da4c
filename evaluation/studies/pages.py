"""Pages of studies: a task's list, the form with its cost, a study with its progress and verdict, its files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from evaluation.states import StudyKind, StudyMetric
from evaluation.studies import columns, launch_study, presentation, registration
from evaluation.studies import queries as selectors
from evaluation.studies.design import PRESETS, SMALL, StudyRequest
from evaluation.studies.kinds import rule_of
from evaluation.studies.kinds.minutes import BESIDE_SFT
from evaluation.studies.task_names import StudyReader
from evaluation.suites import queries as suites
from evaluation.suites import slicing
from members.session import member_of
from review.datasets import queries
from review.states import Role
from review.tasks.permissions import may, task_or_404
from training.students import queries as student_selectors
from web.errors import Refusal
from web.http.form_choices import set_choices
from web.http.pagination import numbered_page

if TYPE_CHECKING:
    from members.models import Member
    from review.models import Task

MAX_NUMBERS = 30
# Number of newest versions of other tasks that the form offers.
MOST_OTHERS = 50


class WholeNumbersField(forms.CharField):
    """Whole numbers, separated by commas or blanks; empty for none."""

    def clean(self, value: object) -> tuple[int, ...]:
        text = str(super().clean(value))
        words = text.replace(",", " ").replace(";", " ").split()
        if not all(word.isdecimal() and len(word) < 12 for word in words) or len(words) > MAX_NUMBERS:
            raise forms.ValidationError("Write whole numbers, separated by commas.")
        return tuple(int(word) for word in words)


class StudyForm(forms.Form):
    """Study to register; the preset fills what is left empty."""

    kind = forms.ChoiceField(label="Question", choices=StudyKind.choices)
    preset = forms.ChoiceField(label="Grid", choices=list(PRESETS.items()), initial=SMALL)
    dataset_version = forms.ChoiceField(label="Dataset version")
    student = forms.ChoiceField(label="Student")
    metric = forms.ChoiceField(label="Scored by", choices=StudyMetric.choices, initial=StudyMetric.NLL)
    sizes = WholeNumbersField(
        label="Sizes", required=False, max_length=200, help_text="Training records, increasing. Empty: the grid's."
    )
    seeds = WholeNumbersField(
        label="Seeds", required=False, max_length=200, help_text="At least two. Empty: the grid's."
    )
    epochs = forms.IntegerField(
        label="Epochs", required=False, min_value=1, max_value=20, help_text="The same for every cell."
    )
    students = forms.MultipleChoiceField(
        label="Compared with",
        required=False,
        help_text="For the smallest student that holds and LoRA against full across sizes: the others; for an expert "
        "the dense one, a control, and the mixture; for an encoder–decoder the decoder; for experts behind a router "
        "the larger or smaller one.",
    )
    others = forms.MultipleChoiceField(
        label="Other tasks", required=False, help_text="Only for a transfer: a frozen version of each other task."
    )
    teacher = forms.ChoiceField(
        label="Learns the logits of", required=False, help_text="Only for imitation against logits: a larger student."
    )
    answers_version = forms.ChoiceField(
        label="Without the reasoning",
        required=False,
        help_text="Only there: a version that leaves the reasoning out, tuned beside the others.",
    )
    minutes = forms.IntegerField(
        label="Expert minutes",
        required=False,
        min_value=1,
        help_text="Only at equal expert minutes: what each arm may spend. Empty: the grid's.",
    )
    beside_sft = forms.MultipleChoiceField(
        label="Beside SFT",
        required=False,
        choices=list(BESIDE_SFT.items()),
        help_text="Only there. Empty: DPO and KTO; on-policy takes verdicts on drafts of a miniature.",
    )
    segment = forms.ChoiceField(
        label="Routed by",
        required=False,
        help_text="Only for experts behind a router: the fact whose value picks the expert. "
        "The smaller student becomes the experts.",
    )
    raw = forms.BooleanField(
        label="Raw arm",
        required=False,
        help_text="Only for the human filter: an arm on unjudged drafts, from a version that was frozen with them.",
    )
    question = forms.CharField(
        label="In your words", required=False, max_length=200, help_text="The question that the verdict answers."
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        versions: Iterable[Any],
        students: Iterable[Any],
        others: Iterable[Any] = (),
        facts: Iterable[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **kwargs)
        set_choices(self, "others", [(str(v.pk), f"{v.dataset.task.name}: {v}") for v in others])
        frozen = [(str(v.pk), str(v)) for v in versions]
        set_choices(self, "dataset_version", frozen)
        set_choices(self, "answers_version", [("", "None"), *frozen])
        choices = [(s.slug, s.name) for s in students]
        set_choices(self, "student", choices)
        set_choices(self, "students", choices)
        set_choices(self, "segment", [("", "Nothing"), *((name, name) for name in facts)])
        set_choices(self, "teacher", [("", "None"), *choices])

    def study_request(self) -> StudyRequest:
        return StudyRequest.read(self.cleaned_data)


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest, slug: str) -> HttpResponse:
    task = task_or_404(member_of(request), slug)
    form, refusal = (
        _form(member_of(request), task, request.POST if request.method == "POST" else None, request.GET),
        None,
    )
    if request.method == "POST" and form.is_valid():
        try:
            study = launch_study.launch(form.study_request(), by=member_of(request), **_chosen(request, form))
            return redirect("evaluation:study", study.pk)
        except Refusal as error:
            refusal = error
    page = numbered_page(selectors.visible(member_of(request), task=task), request.GET.get("page"))
    context = {
        "task": task,
        "section": "evaluation",
        "form": form,
        "refusal": refusal,
        "page": page,
        "listed": presentation.listed(page, StudyReader(member_of(request))),
        "may_lead": may(member_of(request), task, Role.LEAD),
    }
    return render(request, "evaluation/studies.html", context, status=refusal.status if refusal else 200)


@require_safe
def estimate(request: HttpRequest, slug: str) -> HttpResponse:
    task = task_or_404(member_of(request), slug)
    form, context = _form(member_of(request), task, request.GET, QueryDict()), dict[str, Any](task=task)
    if not form.is_valid():
        return render(request, "evaluation/_study_estimate.html", {**context, "form": form})
    try:
        laid = registration.plan_study(form.study_request(), **_chosen(request, form))
        context |= {"laid": laid, "rule": rule_of(laid.design), "reused": len(laid.reused)}
    except Refusal as error:
        context["refusal"] = error
    return render(request, "evaluation/_study_estimate.html", context)


@require_safe
def study(request: HttpRequest, study_id: UUID) -> HttpResponse:
    return render(request, "evaluation/study.html", _context(request, study_id))


@require_safe
def progress(request: HttpRequest, study_id: UUID) -> HttpResponse:
    return render(request, "evaluation/_study_cells.html", _context(request, study_id))


@require_safe
def cells_csv(request: HttpRequest, study_id: UUID) -> HttpResponse:
    study_row = selectors.study_or_404(member_of(request), study_id)
    return _file(
        presentation.csv_of(study_row, StudyReader(member_of(request))),
        "text/csv; charset=utf-8",
        f"study-{study_row.pk}-cells.csv",
    )


@require_safe
def record_json(request: HttpRequest, study_id: UUID) -> HttpResponse:
    study_row = selectors.study_or_404(member_of(request), study_id)
    text = presentation.record_file(study_row, StudyReader(member_of(request)))
    answer = _file(text, "application/json", f"study-{study_row.pk}-record.json")
    answer["ETag"] = f'"{study_row.record_sha256}"'
    return answer


def _context(request: HttpRequest, study_id: UUID) -> dict[str, Any]:
    study_row = selectors.study_or_404(member_of(request), study_id)
    return {
        "task": study_row.task,
        "section": "evaluation",
        "study": study_row,
        "job": study_row.job,
        **presentation.page(study_row, StudyReader(member_of(request))),
    }


def _form(member: Member, task: Task, data: QueryDict | None, initial: QueryDict) -> StudyForm:
    students = student_selectors.all_students()
    versions = queries.frozen_versions(task).select_related("dataset")
    others = columns.choices(member, task=task)[:MOST_OTHERS]
    facts = slicing.fact_names(suites.newest_spec(task))
    return StudyForm(
        data, versions=versions, students=students, others=others, facts=facts, initial=dict(initial.items())
    )


def _chosen(request: HttpRequest, form: StudyForm) -> dict[str, Any]:
    chosen = form.cleaned_data
    return {
        "version": queries.version_or_404(member_of(request), chosen["dataset_version"]),
        "student": student_selectors.by_slug(chosen["student"]),
        "others": columns.chosen(member_of(request), chosen["others"]),
    }


def _file(text: str, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(text.encode(), content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
