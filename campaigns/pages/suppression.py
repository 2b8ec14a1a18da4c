"""Pages of the suppression list and of sender identities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from campaigns.forms.contacts import PersonForm, SuppressForm
from campaigns.selectors import suppression as selectors
from campaigns.selectors.contacts import task_to_lead_or_403
from campaigns.selectors.replies import wishes as of_wishes
from campaigns.services import suppression
from campaigns.states import ReplyClass, SuppressionReason
from members.session import member_of
from review.selectors import keyset
from web.errors import Refusal
from web.forms import show_refusal

if TYPE_CHECKING:
    from review.models import Task


@require_http_methods(["GET", "POST"])
def index(request: HttpRequest, slug: str) -> HttpResponse:
    """The list, and more addresses for it."""
    task = task_to_lead_or_403(member_of(request), slug)
    form = SuppressForm(request.POST or None, request.FILES or None)
    bad: list[tuple[int, str]] = []
    if request.method == "POST" and form.is_valid():
        try:
            added = suppression.suppress_many(
                form.lines(),
                by=member_of(request),
                reason=SuppressionReason(form.cleaned_data["reason"]),
                note=form.cleaned_data["note"],
            )
        except ValidationError as error:
            form.add_error("file", error)
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            _tell(request, added)
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
    """Whether one address is on the list. By POST: an address in the page's own address would stand in every log."""
    task = task_to_lead_or_403(member_of(request), slug)
    asked, found = PersonForm(request.POST), None
    if asked.is_valid():
        try:
            found = selectors.search(member_of(request), asked.cleaned_data["address"])
        except ValueError as error:
            asked.add_error("address", f"{str(error)[:1].upper()}{str(error)[1:]}.")
    context = {**_context(request, task), "form": SuppressForm(), "asked": asked, "found": found}
    return render(request, "campaigns/contacts/suppressions.html", context, status=422 if asked.errors else 200)


def _context(request: HttpRequest, task: Task) -> dict[str, object]:
    return {
        "task": task,
        "section": "campaigns",
        "tab": "suppressions",
        "page": keyset.page(selectors.visible(member_of(request)), cursor=request.GET.get("after", "")),
        "counts": selectors.counts(),
        "wishes": of_wishes(member_of(request)),
        "meanings": ReplyClass.choices,
        "asked": PersonForm(),
    }


def _tell(request: HttpRequest, added: suppression.Added) -> None:
    known = f", {added.known:,} there already" if added.known else ""
    said = f"{added.added:,} address{'' if added.added == 1 else 'es'} put on the list{known}."
    if added.bad_count:
        messages.warning(request, f"{said} {added.bad_count:,} lines hold no address; see below.")
    else:
        messages.success(request, said)
