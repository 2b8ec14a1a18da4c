"""The price table: anyone reads it, an admin edits it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from generation.forms import PriceForm, price_initial
from generation.selectors import teachers as selectors
from generation.services import prices
from generation.services.teachers import require_admin
from generation.terms import TERMS
from members.session import member_of
from web.errors import Refusal
from web.forms import show_refusal


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    chosen = selectors.price_entry(request.GET.get("provider", ""), request.GET.get("model", ""))
    form = PriceForm(request.POST or None, initial=price_initial(chosen) if chosen else {})
    if request.method == "POST":
        require_admin(member_of(request))
        if form.is_valid():
            try:
                saved = prices.put(**form.cleaned_data, by=member_of(request))
            except Refusal as refusal:
                show_refusal(form, refusal)
            else:
                messages.success(request, f"The price of {saved.model} is saved.")
                return redirect("generation:prices")
    lists = [terms for terms in TERMS.values() if terms.prices_url]
    context = {"section": "generation", "prices": selectors.prices(), "form": form, "lists": lists}
    return render(request, "generation/prices.html", context, status=400 if form.errors else 200)


@require_POST
def remove(request: HttpRequest, price_id: int) -> HttpResponse:
    require_admin(member_of(request))
    entry = selectors.price_or_404(price_id)
    prices.remove(entry, by=member_of(request))
    messages.success(request, f"The price of {entry.model} is removed.")
    return redirect("generation:prices")
