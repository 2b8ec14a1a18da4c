"""The page of a task's reproduction: the forecast of every part, one button, how far it is, and the report as files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from evaluation.paper import advance, report, statements
from evaluation.paper import order as orders
from evaluation.paper.parts import PARTS, STUDENTS
from evaluation.paper.plan import PaperRequest
from evaluation.studies import columns, replication
from evaluation.studies.task_names import StudyReader
from generation.teachers import queries as teachers
from members.session import member_of
from review.datasets import queries as datasets
from review.states import Role
from review.tasks.permissions import may, task_or_404
from web.errors import Refusal
from web.http.form_choices import set_choices

if TYPE_CHECKING:
    from members.models import Member
    from review.models import Task


class PaperForm(forms.Form):
    """Choices of a reproduction; without parts all are meant."""

    version = forms.ChoiceField(label="Approved texts", required=False)
    teacher = forms.ChoiceField(required=False, help_text="Writes the texts where none are approved yet.")
    other = forms.ChoiceField(
        label="Version of another task", required=False, help_text="For transfer and for retrieved passages."
    )
    budget_usd = forms.DecimalField(
        label="Budget, US dollars",
        min_value=0,
        max_digits=9,
        decimal_places=2,
        help_text="Teachers and hosts together.",
    )
    parts = forms.MultipleChoiceField(choices=[(part.key, part.key) for part in PARTS], required=False)
    left_out = forms.MultipleChoiceField(
        label="Students to leave out",
        choices=[(hub_id, hub_id) for hub_id in STUDENTS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    judged_by_machine = forms.BooleanField(
        label="Count texts that a judge accepted as approved",
        required=False,
        help_text="Otherwise only texts that experts accepted or edited are tuned on.",
    )

    def __init__(self, member: Member, task: Task, data: Mapping[str, Any] | None) -> None:
        self._member, self._versions = member, list(datasets.frozen_versions(task).select_related("dataset"))
        newest = str(self._versions[0].pk) if self._versions else ""
        super().__init__(data, initial={"version": newest})
        versions = [(str(version.pk), str(version)) for version in self._versions]
        others = ((str(each.pk), f"{each.dataset.task.name}: {each}") for each in columns.choices(member, task=task))
        active = ((each.slug, each.name) for each in teachers.visible(member) if each.is_active)
        set_choices(self, "version", [*versions, ("", "None yet")])
        set_choices(self, "teacher", [("", "None"), *active])
        set_choices(self, "other", [("", "None"), *others])

    def request(self) -> PaperRequest:
        """Return the choices; before the form was sent, all parts on the newest version."""
        chosen = {**self.initial, **getattr(self, "cleaned_data", {})}
        return PaperRequest(
            chosen.get("budget_usd") or Decimal(0),
            parts=tuple(chosen.get("parts", ())),
            version=next((each for each in self._versions if str(each.pk) == chosen["version"]), None),
            teacher=teachers.teacher_or_404(self._member, chosen["teacher"]) if chosen.get("teacher") else None,
            left_out=tuple(chosen.get("left_out", ())),
            judged_by_machine=bool(chosen.get("judged_by_machine")),
            others=tuple(columns.chosen(self._member, [chosen["other"]] if chosen.get("other") else [])),
        )


@require_safe
def paper(request: HttpRequest, slug: str) -> HttpResponse:
    """Set the paper beside what was measured of a task; what was not stands with its part and that part's forecast."""
    member = member_of(request)
    task = task_or_404(member, slug)
    page, version = replication.of_task(task, StudyReader(member)), datasets.frozen_versions(task).first()
    claims = statements.claims(task, page, {})
    keys = tuple(dict.fromkeys(each.part for each in claims if not each.here))
    plans = {plan.part.key: plan for plan in orders.plans_of(PaperRequest(Decimal(0), keys, version=version))}
    rows = [(each, None if each.here else plans.get(each.part)) for each in claims]
    context = {**page, "task": task, "section": "evaluation", "rows": rows}
    return render(request, "evaluation/paper.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def order(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task, refusal = task_or_404(member, slug), None
    form = PaperForm(member, task, request.POST or request.GET or None)
    # A forecast needs no budget.
    form.fields["budget_usd"].required = request.method == "POST"
    if form.is_valid() and request.method == "POST":
        try:
            orders.start(task, form.request(), by=member)
            return redirect("evaluation:paper-order", task.slug)
        except Refusal as error:
            refusal = error
    last, choices, texts_usd = orders.last(task), form.request(), None
    plans = orders.plans_of(replace(choices, parts=()))
    bought = [plan for plan in plans if not plan.problem and (not choices.parts or plan.part.key in choices.parts)]
    try:
        texts_usd = orders.texts_usd(task, choices, by=member)
    except Refusal as error:
        refusal = refusal or error
    usd = [plan.usd for plan in bought if plan.usd is not None]
    context = {
        "task": task,
        "section": "evaluation",
        "form": form,
        "refusal": refusal,
        "order": last,
        "progress": advance.progress(last) if last else [],
        "plans": [(plan, plan in bought) for plan in plans],
        "texts_usd": texts_usd,
        "compared_usd": orders.compared_usd(bought),
        "seconds": sum(plan.seconds or 0.0 for plan in bought),
        "usd": sum(usd, Decimal(0)) if usd else None,
        "may_lead": may(member, task, Role.LEAD),
    }
    return render(request, "evaluation/paper_order.html", context, status=refusal.status if refusal else 200)


@require_safe
def report_file(request: HttpRequest, slug: str, suffix: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug)
    if suffix not in report.FORMATS:
        raise Http404("A report is html, md or json.")
    write, kind = report.FORMATS[suffix]
    data = report.build(task, orders.last(task), StudyReader(member))
    answer = HttpResponse(write(data).encode(), content_type=f"{kind}; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="paper.{suffix}"'
    return answer
