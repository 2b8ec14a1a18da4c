"""Pages of orders: launch with its price, the list, one order live, its uncertain calls."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from generation.asking import member_of
from generation.forms import OrderForm
from generation.selectors import orders as selectors
from generation.selectors import pages
from generation.selectors import teachers as teacher_selectors
from generation.services import orders, uncertain
from generation.states import UncertainPolicy
from generation.terms import terms_of
from review.permissions import may, require, task_or_404
from review.states import Role
from web.errors import Refusal


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest, slug: str) -> HttpResponse:
    task = task_or_404(member_of(request), slug)
    lines, sources = teacher_selectors.lines(member_of(request)), selectors.sources(task)
    form = OrderForm(request.POST or None, teachers=lines, sources=sources)
    refusal = None
    if request.method == "POST":
        require(member_of(request), task, Role.LEAD)
        if form.is_valid():
            try:
                order = _launch(request, task, form)
            except Refusal as error:
                refusal = error
            else:
                return redirect("generation:detail", order.pk)
    context = {
        "task": task,
        "section": "generation",
        "form": form,
        "refusal": refusal,
        "sources": sources,
        "teachers": lines,
        "page": pages.page(selectors.of_task(member_of(request), task), request.GET.get("page")),
        "may_lead": may(member_of(request), task, Role.LEAD),
    }
    status = refusal.status if refusal else 400 if form.errors else 200
    return render(request, "generation/index.html", context, status=status)


def _launch(request: HttpRequest, task: Any, form: OrderForm) -> Any:
    chosen = form.cleaned_data
    return orders.launch(
        task,
        teacher=teacher_selectors.teacher_or_404(member_of(request), chosen["teacher"]),
        count=chosen["count"],
        max_cost_usd=chosen["max_cost_usd"],
        source=selectors.source_or_404(task, chosen["source"]) if chosen["source"] else None,
        uncertain_policy=UncertainPolicy(chosen["uncertain_policy"] or UncertainPolicy.HOLD),
        by=member_of(request),
    )


@require_GET
def quote(request: HttpRequest, slug: str) -> HttpResponse:
    """What the order in the launch form would cost; a refusal stands in its place."""
    task = task_or_404(member_of(request), slug)
    context: dict[str, Any] = {"task": task}
    teacher = teacher_selectors.teacher_or_404(member_of(request), request.GET.get("teacher", ""))
    context["line"] = teacher_selectors.line_of(teacher, teacher_selectors.price_of(teacher))
    source = request.GET.get("source", "")
    count = request.GET.get("count", "")
    try:
        context["quote"] = orders.quote(
            task,
            teacher=teacher,
            count=int(count) if count.isdecimal() else 0,
            by=member_of(request),
            source=selectors.source_or_404(task, source) if source else None,
        )
    except Refusal as refusal:
        context["refusal"] = refusal
    return render(request, "generation/_estimate.html", context)


@require_safe
def detail(request: HttpRequest, order_id: UUID) -> HttpResponse:
    order = selectors.get(member_of(request), order_id)
    context = {
        "task": order.task,
        "section": "generation",
        "order": order,
        "job": order.job,
        "failures": selectors.failures(order),
        "doubts": selectors.open_doubts(order),
        "drafts": selectors.recent_drafts(order),
        "may_lead": may(member_of(request), order.task, Role.LEAD),
        "terms": terms_of(order.teacher_spec["provider"]),
        "schema": pages.schema_of(order),
    }
    return render(request, "generation/detail.html", context)


@require_POST
def settle(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Drop uncertain calls, or ask for them again; `call` names some, none means all."""
    order = selectors.get(member_of(request), order_id)
    ids = [UUID(text) for text in request.POST.getlist("call")] or None
    try:
        if request.POST.get("verb") == "retry":
            again = uncertain.ask_again(order, call_ids=ids, by=member_of(request))
            messages.success(request, f"{again.count} drafts are ordered again.")
            return redirect("generation:detail", again.pk)
        count = uncertain.drop(order, call_ids=ids, by=member_of(request))
        messages.success(request, f"{count} uncertain calls are dropped.")
    except Refusal as refusal:
        messages.error(request, f"{refusal.message} {refusal.hint}".strip())
    return redirect("generation:detail", order.pk)
