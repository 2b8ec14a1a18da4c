"""Pages of orders: launch with its price, the list, one order live, its uncertain calls."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from generation.forms import OrderForm
from generation.mix_form import MixForm
from generation.selectors import batches, budgets, corrections, pages, thrift, variety
from generation.selectors import orders as selectors
from generation.selectors import teachers as teacher_selectors
from generation.services import correcting, orders, uncertain
from generation.states import Purpose, UncertainPolicy
from generation.terms import terms_of
from generation.views import mixing
from members.session import member_of
from review.permissions import may, require, task_or_404
from review.states import Role
from web.errors import Refusal
from web.forms import show_refusal


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest, slug: str) -> HttpResponse:
    task = task_or_404(member_of(request), slug)
    lines, sources = teacher_selectors.lines(member_of(request)), selectors.sources(task)
    purpose = Purpose.REVISION if request.GET.get("purpose") == Purpose.REVISION else None
    form = OrderForm(request.POST or None, teachers=lines, sources=sources, initial=_asked(request.GET))
    mix = mixing.form_of(task, lines, data=request.POST or None, initial=mixing.said_in(request.GET))
    status = 200
    if request.method == "POST":
        require(member_of(request), task, Role.LEAD)
        if request.POST.get("verb") == "price":
            # On to a plain address: one that can be reloaded, and carries no token of the form.
            return redirect(
                f"{reverse('generation:list', args=[task.slug])}?{urlencode(_asked(request.POST))}#estimate"
            )
        order, status = _launch(request, task, form, mix)
        if order:
            return redirect("generation:detail", order.pk)
    context = {
        "task": task,
        "section": "generation",
        "form": form,
        "mix": mix,
        "sources": sources,
        "teachers": lines,
        "page": pages.page(selectors.listed(member_of(request), task, purpose=purpose), request.GET.get("page")),
        "purpose": purpose,
        "has_revisions": selectors.has_revisions(task),
        "may_lead": may(member_of(request), task, Role.LEAD),
    }
    if "teacher" in request.GET and context["may_lead"]:
        context |= {"quoted": True, **_quoted(request, task, request.GET)}
    return render(request, "generation/index.html", context, status=status)


def _asked(given: QueryDict) -> dict[str, str]:
    return {name: str(given[name]) for name in OrderForm.base_fields if name in given} | mixing.said_in(given)


def _launch(request: HttpRequest, task: Any, form: OrderForm, mix: MixForm) -> tuple[Any, int]:
    """The order, or none and the status to answer with; why stands in the form."""
    if not form.is_valid():
        return None, 400
    chosen = form.cleaned_data
    try:
        wish = mixing.wish_of(request, task, mix)
        order = orders.launch(
            task,
            teacher=wish.first or teacher_selectors.teacher_or_404(member_of(request), chosen["teacher"]),
            mix=wish,
            count=chosen["count"],
            per_record=chosen["per_record"] or 1,
            max_cost_usd=chosen["max_cost_usd"],
            source=selectors.source_or_404(task, chosen["source"]) if chosen["source"] else None,
            uncertain_policy=UncertainPolicy(chosen["uncertain_policy"] or UncertainPolicy.HOLD),
            wish=form.way_of(chosen),
            by=member_of(request),
        )
    except Refusal as refusal:
        show_refusal(mix if set(refusal.errors) & set(mix.fields) else form, refusal)
        return None, refusal.status
    return order, 302


@require_GET
def quote(request: HttpRequest, slug: str) -> HttpResponse:
    """What the order in the launch form would cost; a refusal stands in its place."""
    task = task_or_404(member_of(request), slug)
    return render(request, "generation/_estimate.html", {"task": task, **_quoted(request, task, request.GET)})


def _quoted(request: HttpRequest, task: Any, given: QueryDict) -> dict[str, Any]:
    teacher = teacher_selectors.teacher_or_404(member_of(request), given.get("teacher", ""))
    line = teacher_selectors.line_of(teacher, teacher_selectors.price_of(teacher))
    source = given.get("source", "")
    mix = mixing.form_of(task, teacher_selectors.lines(member_of(request)), data=given, initial={})
    try:
        wish = mixing.wish_of(request, task, mix)
        quote = orders.quote(
            task,
            teacher=wish.first or teacher,
            mix=wish,
            count=_whole(given.get("count", "")),
            per_record=_whole(given.get("per_record") or "1"),
            wish=OrderForm.way_of(given),
            by=member_of(request),
            source=selectors.source_or_404(task, source) if source else None,
        )
    except Refusal as refusal:
        return {"line": line, "no_quote": refusal}
    return {"line": line, "quote": quote}


def _whole(text: str) -> int:
    """A whole number as a form writes it; 0, which every order refuses, where it is none."""
    return int(text) if text.isdecimal() and len(text) < 10 else 0


@require_safe
def detail(request: HttpRequest, order_id: UUID) -> HttpResponse:
    order = selectors.get(member_of(request), order_id)
    spent_usd = budgets.spent_by(order)
    context = {
        "task": order.task,
        "section": "generation",
        "order": order,
        "job": order.job,
        "failures": selectors.failures(order),
        "doubts": selectors.open_doubts(order),
        "drafts": selectors.recent_drafts(order),
        "at_provider": batches.of_order(order),
        "may_lead": may(member_of(request), order.task, Role.LEAD),
        "terms": terms_of(order.teacher_spec["provider"]),
        "schema": pages.schema_of(order),
        "thrift": thrift.of_order(order),
        "claimed": corrections.claimed(order),
        "corrections": corrections.of_order(order),
        "may_correct": corrections.may_correct(member_of(request), order),
        "outcome": variety.outcome(order),
        "is_near_budget": budgets.is_near(order, spent_usd),
        "budget_share": budgets.share_of(order, spent_usd),
        "warn_at": budgets.WARN_AT,
    }
    return render(request, "generation/detail.html", context)


@require_POST
def correct(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Set what one call cost; what is wrong is said on the order's page."""
    order = selectors.get(member_of(request), order_id)
    correcting.require_admin(member_of(request))
    try:
        made = correcting.correct(
            order,
            _uuid(request.POST.get("call", "")),
            cost_usd=_usd(request.POST.get("cost_usd", "")),
            reason=request.POST.get("reason", ""),
            by=member_of(request),
        )
        messages.success(
            request, f"The call's cost is ${made.cost_usd.normalize():f} now; it was ${made.was_usd.normalize():f}."
        )
    except Refusal as refusal:
        said = " ".join(text for texts in refusal.errors.values() for text in texts)
        messages.error(request, f"{refusal.message} {said or refusal.hint}".strip())
    return redirect("generation:detail", order.pk)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text.strip())
    except ValueError:
        # An id that no call has: the service says what is wrong with it.
        return UUID(int=0)


def _usd(text: str) -> Decimal:
    try:
        return Decimal(text.strip().removeprefix("$"))
    except InvalidOperation:
        return Decimal("NaN")


@require_POST
def settle(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Settle uncertain calls as the pressed button says; `call` names some, none means all."""
    order = selectors.get(member_of(request), order_id)
    ids = [UUID(text) for text in request.POST.getlist("call")] or None
    try:
        settle = uncertain.BY_HAND.get(request.POST.get("verb", ""))
        if settle is None:
            again = uncertain.ask_again(order, call_ids=ids, by=member_of(request))
            messages.success(request, f"{again.count} drafts are ordered again.")
            return redirect("generation:detail", again.pk)
        count = settle(order, call_ids=ids, by=member_of(request))
        messages.success(request, f"{count} uncertain calls are settled.")
    except Refusal as refusal:
        messages.error(request, f"{refusal.message} {refusal.hint}".strip())
    return redirect("generation:detail", order.pk)
