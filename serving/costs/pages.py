"""The page of what a task's outputs cost, under its miniatures."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from members.session import member_of
from review.states import Role
from review.tasks.permissions import may, task_or_404
from serving.costs import figures, rates


class VolumeForm(forms.Form):
    volume = forms.IntegerField(label="Outputs a month", min_value=0, max_value=figures.MOST_VOLUME, required=False)


class HourlyRateForm(forms.Form):
    usd_per_hour = forms.DecimalField(
        label="Reviewers, $ an hour", min_value=0, max_value=rates.DEAREST, max_digits=10, decimal_places=2
    )


@require_http_methods(["GET", "HEAD", "POST"])
def costs(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug)
    rate = HourlyRateForm(request.POST or None, initial={"usd_per_hour": rates.rate_of(task)})
    if request.method == "POST" and rate.is_valid():
        rates.set_rate(task, rate.cleaned_data["usd_per_hour"], by=member)
        messages.success(request, "The hourly rate is saved.")
        return redirect("serving:costs", slug=task.slug)
    volume_form = VolumeForm(request.GET)
    volume = volume_form.cleaned_data.get("volume") if volume_form.is_valid() else None
    context = {
        "task": task,
        "section": "costs",
        "costs": figures.task_costs(member, task, volume=volume),
        "volume_form": volume_form,
        "rate": rate,
        "months": figures.MONTHS_OF_USE,
        "may_lead": may(member, task, Role.LEAD),
    }
    is_bad = bool(rate.errors or volume_form.errors)
    return render(request, "serving/costs.html", context, status=400 if is_bad else 200)
