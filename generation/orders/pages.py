"""Pages of orders: launch with its price, the list, one order live, how its drafts differ, a teacher's test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from generation.diversity import forms
from generation.diversity import queries as diversity_queries
from generation.diversity.forms import MixForm
from generation.money import budgets, corrections
from generation.money.prices import require_admin
from generation.orders import batches, launch, trial
from generation.orders import queries as orders_queries
from generation.orders.forms import OrderForm
from generation.states import KEEPS_ANSWERS, Purpose, UncertainPolicy
from generation.teachers import queries as teacher_selectors
from generation.teachers.terms import terms_of
from members.session import member_of
from review.sources import split_advice
from review.states import Role
from review.tasks.permissions import may, require, task_or_404, tasks_for
from web.errors import Refusal
from web.http.form_errors import add_refusal
from web.http.htmx import is_htmx
from web.http.pagination import numbered_page
from web.http.sorting import sorted_rows
from web.whole_numbers import whole_number

if TYPE_CHECKING:
    from review.models import Task

PER_PAGE = 25
SORTED_BY = {
    "order": "teacher__name",
    "drafts": "drafts",
    "failures": "failures",
    "uncertain": "uncertain",
    "cost": "cost_usd",
    "budget": "max_cost_usd",
    "launched": "created_at",
}


@require_http_methods(["GET", "HEAD", "POST"])
def order_list(request: HttpRequest, slug: str) -> HttpResponse:
    task = task_or_404(member_of(request), slug)
    lines, sources = teacher_selectors.lines_for(member_of(request), task), orders_queries.sources(task)
    purpose = Purpose.REVISION if request.GET.get("purpose") == Purpose.REVISION else None
    form = OrderForm(request.POST or None, teachers=lines, sources=sources, initial=_form_values(request.GET))
    mix = forms.mix_form(task, lines, data=request.POST or None, initial=forms.mix_values(request.GET))
    status = 200
    if request.method == "POST":
        require(member_of(request), task, Role.LEAD)
        if request.POST.get("verb") == "price":
            # On to a plain address: one that can be reloaded, and carries no token of the form.
            return redirect(
                f"{reverse('generation:list', args=[task.slug])}?{urlencode(_form_values(request.POST))}#estimate"
            )
        order, status = _launch(request, task, form, mix)
        if order:
            return redirect("generation:detail", order.pk)
    orders, heads = sorted_rows(
        orders_queries.listed(member_of(request), task, purpose=purpose), request.GET.get("sort", ""), SORTED_BY
    )
    context: dict[str, Any] = {
        "task": task,
        "section": "generation",
        "form": form,
        "mix": mix,
        "sources": sources,
        "teachers": lines,
        "page": numbered_page(orders, request.GET.get("page"), size=PER_PAGE),
        "heads": heads,
        "purpose": purpose,
        "has_revisions": orders_queries.has_revisions(task),
        "may_lead": may(member_of(request), task, Role.LEAD),
    }
    if "teacher" in request.GET and context["may_lead"]:
        values = request.GET.copy()
        # A link may name no more than the teacher: the price is that of what the form shows.
        values.setdefault("count", str(form["count"].value()))
        context |= {"quoted": True, **_quote_context(request, task, values)}
        if (priced := context.get("quote")) and not form.is_bound and not form.initial.get("max_cost_usd"):
            form.initial["max_cost_usd"] = priced.suggested_budget_usd or None
    return render(request, "generation/index.html", context, status=status)


def _form_values(query: QueryDict) -> dict[str, str]:
    return {name: str(query[name]) for name in OrderForm.base_fields if name in query} | forms.mix_values(query)


def _launch(request: HttpRequest, task: Task, form: OrderForm, mix: MixForm) -> tuple[Any, int]:
    """Return the order, or None and a status; the form holds the reason."""
    if not form.is_valid():
        return None, 400
    chosen = form.cleaned_data
    try:
        wish = forms.mix_request_of(request, task, mix)
        order = launch.launch(
            launch.OrderRequest(
                task,
                teacher=wish.first or teacher_selectors.teacher_or_404(member_of(request), chosen["teacher"]),
                mix=wish,
                count=chosen["count"],
                per_record=chosen["per_record"] or 1,
                max_cost_usd=chosen["max_cost_usd"],
                source=orders_queries.source_or_404(task, chosen["source"]) if chosen["source"] else None,
                uncertain_policy=UncertainPolicy(chosen["uncertain_policy"] or UncertainPolicy.HOLD),
                wish=form.way_of(chosen),
                by=member_of(request),
            )
        )
    except Refusal as refusal:
        add_refusal(mix if set(refusal.errors) & set(mix.fields) else form, refusal)
        return None, refusal.status
    return order, 302


@require_safe
def quote(request: HttpRequest, slug: str) -> HttpResponse:
    task = task_or_404(member_of(request), slug)
    return render(request, "generation/_estimate.html", {"task": task, **_quote_context(request, task, request.GET)})


def _quote_context(request: HttpRequest, task: Task, values: QueryDict) -> dict[str, Any]:
    teacher = teacher_selectors.teacher_or_404(member_of(request), values.get("teacher", ""))
    line = teacher_selectors.line_of(teacher, teacher_selectors.price_of(teacher))
    source = values.get("source", "")
    mix = forms.mix_form(task, teacher_selectors.lines_for(member_of(request), task), data=values, initial={})
    try:
        wish = forms.mix_request_of(request, task, mix)
        quote = launch.quote(
            launch.OrderRequest(
                task,
                teacher=wish.first or teacher,
                mix=wish,
                count=whole_number(values.get("count", ""), otherwise=0),
                per_record=whole_number(values.get("per_record") or "1", otherwise=0),
                wish=OrderForm.way_of(values),
                by=member_of(request),
                source=orders_queries.source_or_404(task, source) if source else None,
            )
        )
    except Refusal as refusal:
        return {"line": line, "no_quote": refusal, "asked": [teacher]}
    return {"line": line, "quote": quote, "asked": [teacher], "shortage": split_advice.of_task(task)}


@require_safe
def order_page(request: HttpRequest, order_id: UUID) -> HttpResponse:
    order = orders_queries.get(member_of(request), order_id)
    spent_usd = budgets.spent_by(order)
    is_withheld = orders_queries.is_withheld(member_of(request), order)
    doubts, claimed = orders_queries.uncertain_calls(order), corrections.overclaimed_calls(order)
    context = {
        "task": order.task,
        "section": "generation",
        "order": order,
        "job": order.job,
        "failures": orders_queries.failures(order),
        "doubts": doubts[: orders_queries.SETTLED_SHOWN],
        "doubt_count": doubts.count(),
        "drafts": [] if is_withheld else orders_queries.recent_drafts(order),
        "is_withheld": is_withheld,
        "writes_drafts": order.purpose not in KEEPS_ANSWERS,
        "at_provider": batches.batches_of(order),
        "may_lead": may(member_of(request), order.task, Role.LEAD),
        "terms": terms_of(order.teacher_spec["provider"]),
        "schema": orders_queries.schema_of(order),
        "thrift": orders_queries.savings_of(order),
        "claimed": claimed[: corrections.SHOWN],
        "claimed_count": claimed.count(),
        "corrections": corrections.corrections_of(order),
        "may_correct": corrections.may_correct(member_of(request), order),
        "outcome": diversity_queries.mix_outcome(order),
        "is_near_budget": budgets.is_near_limit(order, spent_usd),
        "budget_share": budgets.spent_share(order, spent_usd),
        "warn_at": budgets.WARN_AT,
    }
    return render(request, "generation/detail.html", context)


@require_safe
def order_diversity(request: HttpRequest, order_id: UUID) -> HttpResponse:
    order = orders_queries.get(member_of(request), order_id)
    context = {
        "task": order.task,
        "section": "generation",
        "order": order,
        "measured": diversity_queries.measure_order(order),
        "outcome": diversity_queries.mix_outcome(order),
        "is_withheld": orders_queries.is_withheld(member_of(request), order),
    }
    is_part = is_htmx(request)
    return render(request, "generation/_measured.html" if is_part else "generation/diversity.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def teacher_test(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    require_admin(member)
    teacher = teacher_selectors.teacher_or_404(member, slug)
    tasks = list(tasks_for(member).order_by("name"))
    slug_chosen = request.POST.get("task") or request.GET.get("task", "")
    task = next((each for each in tasks if each.slug == slug_chosen), tasks[0] if tasks else None)
    context: dict[str, object] = {"section": "generation", "teacher": teacher, "tasks": tasks, "task_chosen": task}
    context["has_price"] = teacher_selectors.price_of(teacher) is not None
    status = 200
    try:
        if task is not None and request.method == "POST":
            trial.start(teacher, task, by=member)
            return redirect(f"{reverse('generation:teacher-test', args=[teacher.slug])}?task={task.slug}")
        context["estimate"] = trial.price(teacher, task, by=member) if task is not None else None
    except Refusal as refusal:
        context["no_quote"] = refusal
        status = refusal.status if request.method == "POST" else 200
    context["trial"] = trial.last_of(teacher)
    return render(request, "generation/teacher_test.html", context, status=status)
