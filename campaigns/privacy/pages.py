"""Pages about one person: look up an address, see the data held, export it, erase it."""

from __future__ import annotations

import json
from functools import partial

from django import forms
from django.contrib import messages
from django.core.serializers.json import DjangoJSONEncoder
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit import downloads
from campaigns.privacy import export_and_erase
from campaigns.privacy import held_data as selectors
from campaigns.suppression import email_addresses
from campaigns.suppression.forms import PersonForm
from members.session import member_of
from review.states import Role
from review.tasks.permissions import task_or_404
from web.http.form_errors import submit


@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest, slug: str) -> HttpResponse:
    """Redirect to a page named by the address's HMAC: the address itself stays out of every log."""
    task = task_or_404(member_of(request), slug, least=Role.LEAD)
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            hmac = email_addresses.parse(form.cleaned_data["address"]).hmac
        except ValueError as error:
            form.add_error("address", f"{str(error)[:1].upper()}{str(error)[1:]}.")
        else:
            return redirect("campaigns:person", task.slug, hmac)
    context = {"task": task, "section": "campaigns", "tab": "people", "form": form}
    return render(request, "campaigns/contacts/people.html", context, status=422 if form.errors else 200)


@require_safe
def detail(request: HttpRequest, slug: str, hmac: str) -> HttpResponse:
    return _page(request, slug, hmac, EraseForm())


@require_POST
def export(request: HttpRequest, slug: str, hmac: str) -> HttpResponse:
    task_or_404(member_of(request), slug, least=Role.LEAD)
    document = export_and_erase.export(_hmac_or_404(hmac), by=member_of(request))
    response = HttpResponse(
        json.dumps(document, indent=2, ensure_ascii=False, cls=DjangoJSONEncoder),
        content_type="application/json; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="person-{hmac[:12]}.json"'},
    )
    # Told already, without what stands for the person's address.
    return downloads.mark_told(response)


@require_POST
def erase(request: HttpRequest, slug: str, hmac: str) -> HttpResponse:
    task = task_or_404(member_of(request), slug, least=Role.LEAD)
    form = EraseForm(request.POST)
    key, erase_person = _hmac_or_404(hmac), partial(export_and_erase.erase, by=member_of(request))
    erased, _ = submit(form, lambda values: erase_person(values["address"], expected_hmac=key))
    if erased:
        messages.success(request, erased.sentence())
        return redirect("campaigns:person", task.slug, hmac)
    return _page(request, slug, hmac, form)


def _page(request: HttpRequest, slug: str, hmac: str, form: EraseForm) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug, least=Role.LEAD)
    context = {
        "task": task,
        "section": "campaigns",
        "tab": "people",
        "hmac": hmac,
        "held": selectors.person_data(member, _hmac_or_404(hmac)),
        "form": form,
    }
    return render(request, "campaigns/contacts/person.html", context, status=422 if form.errors else 200)


def _hmac_or_404(hmac: str) -> str:
    if not email_addresses.is_hmac(hmac):
        raise Http404("This link names no person.")
    return hmac


class EraseForm(forms.Form):
    """The address once more, typed by hand: an erasure is not undone."""

    address = forms.CharField(
        label="Type the address to erase it", max_length=254, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
