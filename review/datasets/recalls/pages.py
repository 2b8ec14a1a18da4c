"""Pages of recalls: which drafts, what rests on them, the act, what to do next, and the undo. Leads only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from members.session import member_of
from review.datasets.recalls import preview, queries, recall
from review.datasets.recalls.preview import CRITERIA, Consequences, Criteria
from review.drafts import queries as draft_queries
from review.spec.output_format import writes_mails
from review.states import RecallReturn, Role
from review.tasks.permissions import task_or_404
from web import zones
from web.db.keys import uuid_or_none
from web.errors import Refusal
from web.http.form_choices import set_choices
from web.http.pagination import numbered_page

if TYPE_CHECKING:
    from members.models import Member
    from review.models import Recall, Task
    from review.ports import Dependent


class RecallForm(forms.Form):
    teacher = forms.ChoiceField(required=False, label="Written by the teacher")
    reviewer = forms.ChoiceField(required=False, label="Judged by the reviewer")
    since = forms.DateField(
        required=False,
        label="From",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="The day of the verdict where a reviewer is chosen, else of the writing.",
    )
    until = forms.DateField(required=False, label="To", widget=forms.DateInput(attrs={"type": "date"}))
    zone = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    order = forms.UUIDField(
        required=False, label="Written by the order", help_text="The order's id; the order's page fills it in."
    )
    rule = forms.UUIDField(
        required=False,
        label="Accepted by a judge under the rule",
        help_text="The rule's id; the page of acceptance without a person fills it in.",
    )
    reason = forms.CharField(
        required=False, max_length=500, label="Why", help_text="Shown wherever one of the drafts was used."
    )

    def __init__(
        self, data: Mapping[str, Any] | None, *, teachers: Iterable[str], reviewers: Iterable[Member], zone: str
    ) -> None:
        super().__init__(data, initial={"zone": zone})
        set_choices(self, "teacher", [("", "any"), *((name, name) for name in teachers)])
        set_choices(self, "reviewer", [("", "any"), *((member.username, member.name) for member in reviewers)])

    @property
    def zone_shown(self) -> str:
        """The time zone in which its days are meant."""
        return self["zone"].value() or zones.UTC_NAME


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug, least=Role.LEAD)
    values = request.POST if request.method == "POST" else request.GET
    data = values if set(values) & set(CRITERIA) else None
    teachers, reviewers = draft_queries.teachers_of(task), queries.reviewers_of(task)
    form = RecallForm(data, teachers=teachers, reviewers=reviewers, zone=zones.name_for(request))
    refusal, shown = None, None
    if form.is_bound and form.is_valid():
        try:
            criteria = Criteria.read(form.cleaned_data)
            if values.get("act"):
                made = _carry_out(request, slug, criteria, form)
                messages.success(request, f"{_drafts(made.count)} recalled.")
                return redirect("review:recall", made.pk)
            shown = preview.preview(task, criteria, by=member)
        except Refusal as error:
            refusal = error
            shown = _shown_beside(error, form, slug, request)
    context = {
        "task": task,
        "section": "datasets",
        "form": form,
        "refusal": refusal,
        "shown": shown,
        "found": _found(shown) if shown else None,
        "act_id": uuid4(),
        "writes_mails": _writes_mails(task),
        "recalls": numbered_page(queries.of_task(task), request.GET.get("page")),
    }
    return render(request, "review/recalls/index.html", context, status=refusal.status if refusal else 200)


@require_safe
def detail(request: HttpRequest, recall_id: UUID) -> HttpResponse:
    member = member_of(request)
    made = queries.recall_or_404(member, recall_id)
    context = {
        "task": made.task,
        "section": "datasets",
        "recall": made,
        "undone": getattr(made, "undo", None),
        "criteria": made.criteria,
        "found": _found(preview.of_recall(made, by=member)),
        "writes_mails": _writes_mails(made.task),
    }
    return render(request, "review/recalls/detail.html", context)


@require_POST
def undo_page(request: HttpRequest, recall_id: UUID) -> HttpResponse:
    kind = RecallReturn.JUDGE_ANEW if request.POST.get("kind") == RecallReturn.JUDGE_ANEW else RecallReturn.AS_BEFORE
    try:
        done = recall.undo(recall_id, by=member_of(request), kind=kind)
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        where = "on the desk again" if kind == RecallReturn.JUDGE_ANEW else "back as before"
        messages.success(request, f"{_drafts(done.count)} {where}.")
    return redirect("review:recall", recall_id)


def _writes_mails(task: Task) -> bool:
    """Return whether any version of a task writes mails: a campaign keeps the version it was launched with."""
    fields = ([{"role": field.role} for field in version.spec.output_schema] for version in task.versions.all())
    return any(map(writes_mails, fields))


def _carry_out(request: HttpRequest, slug: str, criteria: Criteria, form: RecallForm) -> Recall:
    act_id = uuid_or_none(request.POST.get("act", ""))
    if act_id is None:
        raise Refusal("no_act", "The form names no act.", hint="Reload the page.")
    member = member_of(request)
    return recall.carry_out(
        task_or_404(member, slug),
        criteria,
        by=member,
        id=act_id,
        reason=form.cleaned_data["reason"],
        tag=request.POST.get("tag"),
    )


def _shown_beside(error: Refusal, form: RecallForm, slug: str, request: HttpRequest) -> Consequences | None:
    if error.code not in ("no_reason", "other_drafts", "no_act"):
        return None
    member = member_of(request)
    return preview.preview(task_or_404(member, slug), Criteria.read(form.cleaned_data), by=member)


def _found(consequences: Consequences) -> dict[str, Any]:
    datasets = {held.version.dataset_id: held.version.dataset for held in consequences.versions}
    ordered = sorted(consequences.dependents, key=_kind)
    return {
        "counts": consequences,
        "datasets": list(datasets.values()),
        "groups": [(kind, list(group)) for kind, group in groupby(ordered, key=_kind)],
    }


def _kind(dependent: Dependent) -> str:
    return dependent.kind


def _drafts(count: int) -> str:
    return f"{count:,} draft{'' if count == 1 else 's'}"
