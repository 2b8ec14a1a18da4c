"""Pages of routers, under a task's miniatures: the list, thresholds with their promise, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from members.session import member_of
from review.states import Role
from review.tasks.permissions import may, require, task_or_404
from review.tasks.queries import latest_version
from serving.routing import report, route, set_thresholds
from serving.states import RouteFeature
from web.errors import Refusal
from web.http.form_choices import set_choices
from web.http.form_errors import add_refusal

if TYPE_CHECKING:
    from members.models import Member
    from review.models import Task
    from serving.models import Router

_LISTED = 50
_LOW, _HIGH = "low", "high"


class RouterForm(forms.Form):
    name = forms.CharField(max_length=set_thresholds.LONGEST_NAME)


def _percent(label: str, limits: tuple[float, float], initial: float, help_text: str) -> forms.FloatField:
    return forms.FloatField(
        label=label, min_value=limits[0] * 100, max_value=limits[1] * 100, initial=initial * 100, help_text=help_text
    )


class ThresholdsForm(forms.Form):
    miniature = forms.ChoiceField(label="First", help_text="The miniature that gets each request first.")
    larger = forms.ChoiceField(label="Second", required=False, help_text="A larger miniature in between.")
    teacher = forms.ChoiceField(label="Otherwise", help_text="The teacher, against which quality is guaranteed.")
    feature = forms.ChoiceField(label="Decided by", choices=RouteFeature.choices)
    fact = forms.CharField(
        label="Number of the record",
        required=False,
        max_length=80,
        help_text="Its name, where it decides; such as size.",
    )
    takes = forms.ChoiceField(
        label="Miniatures take",
        choices=[(_HIGH, "Large numbers"), (_LOW, "Small numbers")],
        required=False,
        help_text="Where a number decides. Of marks they take the fewest, of texts the surest.",
    )
    margin = _percent(
        "At most worse, points", set_thresholds.MARGINS, set_thresholds.MARGIN, "Of 100 texts that experts accept."
    )
    confidence = _percent(
        "Confidence, %", set_thresholds.CONFIDENCES, set_thresholds.CONFIDENCE, "Each try spends a part of it."
    )
    audit_share = _percent(
        "Audited, %",
        set_thresholds.AUDIT_SHARES,
        set_thresholds.AUDIT_SHARE,
        "Written by the teacher too, and both judged.",
    )

    def __init__(self, data: Any = None, *, task: Task, member: Member) -> None:
        super().__init__(data)
        miniatures, teachers = set_thresholds.choices(task, member)
        own = [(each.slug, each.name) for each in miniatures]
        set_choices(self, "miniature", own)
        set_choices(self, "larger", [("", "None"), *own])
        set_choices(self, "teacher", [(each.slug, each.name) for each in teachers])
        self.has_models = bool(miniatures and teachers)

    def asked(self) -> dict[str, Any]:
        values = self.cleaned_data
        shares = {name: values[name] / 100 for name in ("margin", "confidence", "audit_share")}
        return {**values, **shares, "takes_low": values["takes"] == _LOW}


@require_http_methods(["GET", "HEAD", "POST"])
def routers(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug)
    form = RouterForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        require(member, task, Role.LEAD)
        if form.is_valid():
            made = set_thresholds.create(task, name=form.cleaned_data["name"], by=member)
            return redirect("serving:router", made.pk)
    context = {
        "task": task,
        "section": "serving",
        "form": form,
        "routers": report.with_newest(list(report.routers_of(task)[:_LISTED])),
        "may_lead": may(member, task, Role.LEAD),
    }
    return render(request, "serving/routers.html", context, status=400 if request.method == "POST" else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def router(request: HttpRequest, router_id: UUID) -> HttpResponse:
    member = member_of(request)
    row = report.router_or_404(member, router_id)
    form = ThresholdsForm(request.POST if request.method == "POST" else None, task=row.task, member=member)
    refusal, standing = None, None
    if request.method == "POST":
        require(member, row.task, Role.LEAD)
        try:
            if form.is_valid():
                wish = set_thresholds.read_request(row.task, member, form.asked())
                if request.POST.get("act") != "count":
                    return _set(request, row, wish)
                standing = set_thresholds.standing(row.task, wish)
        except Refusal as error:
            refusal = error
            add_refusal(form, error)
    newest = route.versions(row).first()
    context = {
        "task": row.task,
        "section": "serving",
        "router": row,
        "model": report.names([row])[row.pk],
        "form": form,
        "standing": standing,
        "report": report.report(newest) if newest else None,
        "may_lead": may(member, row.task, Role.LEAD),
        "group_noun": latest_version(row.task).spec.group_noun,
    }
    status = refusal.status if refusal else 400 if form.errors else 200
    return render(request, "serving/router.html", context, status=status)


def _set(request: HttpRequest, row: Router, router_request: set_thresholds.RouterRequest) -> HttpResponse:
    version = set_thresholds.set_thresholds(row, router_request, by=member_of(request))
    if version.thresholds:
        messages.success(request, f"Thresholds are set: version {version.number}.")
    else:
        messages.warning(request, "The verdicts support no threshold, so every request goes to the teacher.")
    return redirect("serving:router", row.pk)
