"""Pages of money: the price table and price maps, the ledger, budgets."""

from __future__ import annotations

import json
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generation.money import budgets, ledger, limits, price_map, prices
from generation.money.forms import BudgetForm, PriceForm, PriceMapForm, price_initial
from generation.money.ledger import LedgerQuery
from generation.money.prices import require_admin
from generation.states import PRICE_LISTS, BudgetScope, Provider
from members.models import Member
from members.session import member_of
from review.tasks.permissions import task_or_404, tasks_for
from web.errors import Refusal
from web.http.form_errors import add_refusal, submit

TITLES = {"job": "Order", "task": "Task", "teacher": "Teacher", "member": "Member", "day": "Day"}


@require_http_methods(["GET", "HEAD", "POST"])
def price_list(request: HttpRequest) -> HttpResponse:
    filters = {name: request.GET[name] for name in ("provider", "model") if request.GET.get(name)}
    chosen = prices.price_entry(filters.get("provider", ""), filters.get("model", ""))
    form = PriceForm(request.POST or None, initial=price_initial(chosen) if chosen else filters)
    if request.method == "POST":
        require_admin(member_of(request))
        entry, _ = submit(form, lambda _: prices.set_price(form.new_price(), by=member_of(request)))
        if entry:
            messages.success(request, f"The price of {entry.model} is saved.")
            return redirect("generation:prices")
    context = {
        "section": "generation",
        "prices": prices.prices(),
        "coming": prices.coming_prices(),
        "form": form,
        "map_form": PriceMapForm(),
        "lists": [(Provider(name).label, url) for name, url in PRICE_LISTS.items()],
    }
    return render(request, "generation/pricing/prices.html", context, status=400 if form.errors else 200)


@require_POST
def import_prices(request: HttpRequest) -> HttpResponse:
    """Read a price map and show what it would change; with `confirm`, write it."""
    require_admin(member_of(request))
    form, context, status = PriceMapForm(request.POST, request.FILES), dict[str, object](), 400
    if form.is_valid():
        try:
            read = price_map.read_text(form.content(), from_date=form.day())
            context |= {"read": read, "map": json.dumps(read.own)}
            outcome = price_map.import_map(
                read,
                by=member_of(request),
                is_confirmed="confirm" in request.POST and bool(read.prices),
                skips_refused=form.cleaned_data["skip_refused"],
            )
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            if outcome.is_saved:
                messages.success(request, f"{len(outcome.saved)} prices are saved.")
                return redirect("generation:prices")
            context["changes"], status = outcome.changes, 200
    return render(
        request, "generation/pricing/import.html", {"section": "generation", "form": form, **context}, status=status
    )


@require_POST
def remove_price(request: HttpRequest, price_id: int) -> HttpResponse:
    require_admin(member_of(request))
    entry = prices.price_or_404(price_id)
    prices.remove_price(entry, by=member_of(request))
    messages.success(request, f"The price of {entry.model} is removed.")
    return redirect("generation:prices")


@require_safe
def ledger_page(request: HttpRequest) -> HttpResponse:
    member = member_of(request)
    refusal, status = None, 200
    try:
        query = _query_of(request, member)
        lines, following = ledger.page(member, query, after=request.GET.get("after", ""))
    except Refusal as refused:
        refusal, status = refused, 400
        query = ledger.parse_query(member)
        lines, following = ledger.page(member, query)
    context = {
        "section": "generation",
        "task": query.task,
        "asked": query,
        "lines": lines,
        "next": following,
        "is_first": not request.GET.get("after"),
        "total": ledger.total(member, query),
        "lying_usd": ledger.at_provider_usd(member, query),
        "months": ledger.months(member),
        "tasks": tasks_for(member),
        "titles": TITLES,
        "title": TITLES[query.by],
        "near": [each for each in budgets.statuses_of(budgets.visible(member, task=query.task)) if each.is_near],
        "refusal": refusal,
    }
    return render(request, "generation/ledger.html", context, status=status)


@require_safe
def ledger_csv(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    member, by = member_of(request), request.GET.get("by", "")
    try:
        query = _query_of(request, member, by="" if by == "call" else by)
    except Refusal as refusal:
        return HttpResponse(refusal.message, status=400, content_type="text/plain; charset=utf-8")
    return ledger.csv_response(member, query, is_by_call=by == "call")


def _query_of(request: HttpRequest, member: Member, *, by: str | None = None) -> LedgerQuery:
    parameters = request.GET
    chosen = parameters.get("by", "") if by is None else by
    return ledger.parse_query(member, by=chosen, month=parameters.get("month", ""), task=parameters.get("task", ""))


@require_http_methods(["GET", "HEAD", "POST"])
def budget_list(request: HttpRequest, slug: str = "") -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug) if slug else None
    may_set = budgets.may_set(member, task)
    form = BudgetForm(request.POST or None, is_of_task=task is not None)
    if request.method == "POST":
        if not may_set:
            raise PermissionDenied("Only an admin can set the installation's budget, and only a lead a task's.")
        saved, _ = submit(
            form,
            lambda values: limits.set_limit(
                scope=BudgetScope(values["scope"]), task=task, limit_usd=values["limit_usd"], by=member
            ),
        )
        if saved:
            messages.success(request, f"The budget is set to ${saved.limit_usd}.")
            return redirect("generation:task-budgets", slug) if slug else redirect("generation:budgets")
    visible = budgets.visible(member, task=task)
    context = {
        "section": "generation",
        "task": task,
        "form": form,
        "may_set": may_set,
        "lines": [(each, budgets.may_set(member, each.budget.task)) for each in budgets.statuses_of(visible)],
    }
    return render(request, "generation/budgets.html", context, status=400 if form.errors else 200)


@require_POST
def remove_budget(request: HttpRequest, budget_id: UUID) -> HttpResponse:
    budget = budgets.budget_or_404(member_of(request), budget_id)
    task = budget.task
    limits.remove_limit(budget, by=member_of(request))
    messages.success(request, "The budget is removed.")
    return redirect("generation:task-budgets", task.slug) if task else redirect("generation:budgets")
