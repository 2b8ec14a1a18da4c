"""Pages of budgets: the installation's, and a task's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from generation.budgets import limits
from generation.budgets import queries as selectors
from generation.states import BudgetScope
from members.session import member_of
from review.tasks.permissions import task_or_404
from web.errors import Refusal
from web.http.form_choices import set_choices
from web.http.form_errors import add_refusal

if TYPE_CHECKING:
    from review.models import Task


class BudgetForm(forms.Form):
    scope = forms.ChoiceField(label="Covers", choices=BudgetScope.choices)
    limit_usd = forms.DecimalField(
        label="Limit, US dollars",
        min_value=0.01,
        max_digits=12,
        decimal_places=2,
        help_text="Orders that could exceed it are refused. A warning is sent at 80 %.",
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, is_of_task: bool) -> None:
        super().__init__(data)
        of_installation = {BudgetScope.INSTALLATION_MONTH.value}
        set_choices(
            self,
            "scope",
            [choice for choice in BudgetScope.choices if (choice[0] not in of_installation) == is_of_task],
        )


@require_http_methods(["GET", "HEAD", "POST"])
def budget_list(request: HttpRequest, slug: str = "") -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug) if slug else None
    may_set = selectors.may_set(member, task)
    form = BudgetForm(request.POST or None, is_of_task=task is not None)
    if request.method == "POST":
        if not may_set:
            raise PermissionDenied("Only an admin can set the installation's budget, and only a lead a task's.")
        if form.is_valid() and _set_budget(request, form, task):
            return redirect("generation:task-budgets", slug) if slug else redirect("generation:budgets")
    found = selectors.visible(member, task=task)
    context = {
        "section": "generation",
        "task": task,
        "form": form,
        "may_set": may_set,
        "lines": [(each, selectors.may_set(member, each.budget.task)) for each in selectors.statuses_of(found)],
    }
    return render(request, "generation/budgets.html", context, status=400 if form.errors else 200)


def _set_budget(request: HttpRequest, form: BudgetForm, task: Task | None) -> bool:
    try:
        saved = limits.set_limit(
            scope=BudgetScope(form.cleaned_data["scope"]),
            task=task,
            limit_usd=form.cleaned_data["limit_usd"],
            by=member_of(request),
        )
    except Refusal as refusal:
        add_refusal(form, refusal)
        return False
    messages.success(request, f"The budget is set to ${saved.limit_usd}.")
    return True


@require_POST
def remove_budget(request: HttpRequest, budget_id: UUID) -> HttpResponse:
    budget = selectors.budget_or_404(member_of(request), budget_id)
    task = budget.task
    limits.remove_limit(budget, by=member_of(request))
    messages.success(request, "The budget is removed.")
    return redirect("generation:task-budgets", task.slug) if task else redirect("generation:budgets")
