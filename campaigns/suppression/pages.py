"""Pages of the suppression list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from campaigns.states import ReplyClass, SuppressionReason
from campaigns.suppression import queries as selectors
from campaigns.suppression import suppress
from campaigns.suppression.forms import LiftForm, PersonForm, SuppressForm
from campaigns.suppression.lift import lift
from campaigns.suppression.queries import unlisted_unsubscribe_replies
from members.session import member_of
from review.states import Role
from review.tasks.permissions import task_or_404
from web.db import keyset
from web.errors import Refusal
from web.http.form_errors import add_refusal, submit

if TYPE_CHECKING:
    from review.models import Task


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest, slug: str) -> HttpResponse:
    task = task_or_404(member_of(request), slug, least=Role.LEAD)
    form = SuppressForm(request.POST or None, request.FILES or None)
    bad: list[tuple[int, str]] = []
    if request.method == "POST" and form.is_valid():
        try:
            added = suppress.suppress_many(
                form.lines(),
                by=member_of(request),
                reason=SuppressionReason(form.cleaned_data["reason"]),
                note=form.cleaned_data["note"],
            )
        except ValidationError as error:
            form.add_error("file", error)
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            _flash_result(request, added)
            if not added.bad:
                return redirect("campaigns:suppressions", task.slug)
            bad = added.bad
    return render(
        request,
        "campaigns/contacts/suppressions.html",
        {**_context(request, task), "form": form, "bad": bad},
        status=422 if form.errors or bad else 200,
    )


@require_http_methods(["POST"])
def search(request: HttpRequest, slug: str) -> HttpResponse:
    """Search by POST: an address in a URL would appear in every log."""
    task = task_or_404(member_of(request), slug, least=Role.LEAD)
    form, lookup = PersonForm(request.POST), None
    if form.is_valid():
        try:
            lookup = selectors.search(member_of(request), form.cleaned_data["address"])
        except ValueError as error:
            form.add_error("address", f"{str(error)[:1].upper()}{str(error)[1:]}.")
    context = {**_context(request, task), "form": SuppressForm(), "asked": form, "found": lookup}
    if lookup and lookup.entry and suppress.may_be_lifted(lookup.entry):
        context["lifting"] = LiftForm(initial={"address": lookup.address})
    return render(request, "campaigns/contacts/suppressions.html", context, status=422 if form.errors else 200)


@require_http_methods(["POST"])
def lift_entry(request: HttpRequest, slug: str) -> HttpResponse:
    task = task_or_404(member_of(request), slug, least=Role.LEAD)
    form = LiftForm(request.POST)
    lifts, _ = submit(form, lambda values: lift(values["address"], by=member_of(request), why=values["reason"]))
    if lifts:
        messages.success(request, _lifted_message(lifts[0].suppression.address_hmac))
        return redirect("campaigns:suppressions", task.slug)
    context = {**_context(request, task), "form": SuppressForm(), "lifting": form}
    return render(request, "campaigns/contacts/suppressions.html", context, status=422)


def _context(request: HttpRequest, task: Task) -> dict[str, object]:
    replies = unlisted_unsubscribe_replies(member_of(request))
    return {
        "task": task,
        "section": "campaigns",
        "tab": "suppressions",
        "page": keyset.page(selectors.visible(member_of(request)), cursor=request.GET.get("after", "")),
        "counts": selectors.counts(),
        "wishes": replies[: selectors.REPLIES_SHOWN],
        "more_wishes": len(replies) > selectors.REPLIES_SHOWN,
        "meanings": ReplyClass.choices,
        "asked": PersonForm(),
    }


def _lifted_message(address_hmac: str) -> str:
    if selectors.is_suppressed(address_hmac):
        return "Lifted. The person is still not written to: a reply of theirs is read as an opt-out."
    return "Lifted: the person may be written to again. Mails that were stopped stay stopped."


def _flash_result(request: HttpRequest, added: suppress.SuppressionsAdded) -> None:
    already_listed = f", {added.known:,} there already" if added.known else ""
    message = f"{added.added:,} address{'' if added.added == 1 else 'es'} put on the list{already_listed}."
    if added.bad_count:
        messages.warning(request, f"{message} {added.bad_count:,} lines hold no address; see below.")
    else:
        messages.success(request, message)
