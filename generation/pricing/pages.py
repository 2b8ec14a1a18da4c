"""Pages of prices: the table, a change, and a price map."""

from __future__ import annotations

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from generation.pricing import change, price_map
from generation.pricing.forms import PriceForm, PriceMapForm, price_initial
from generation.teachers import prices
from generation.teachers import queries as selectors
from generation.teachers.edit import require_admin
from generation.teachers.terms import TERMS
from members.session import member_of
from web.errors import Refusal
from web.http.form_errors import add_refusal


@require_http_methods(["GET", "HEAD", "POST"])
def price_list(request: HttpRequest) -> HttpResponse:
    asked = {name: request.GET[name] for name in ("provider", "model") if request.GET.get(name)}
    chosen = selectors.price_entry(asked.get("provider", ""), asked.get("model", ""))
    form = PriceForm(request.POST or None, initial=price_initial(chosen) if chosen else asked)
    if request.method == "POST":
        require_admin(member_of(request))
        if form.is_valid():
            try:
                entry = prices.set_price(form.new_price(), by=member_of(request))
            except Refusal as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, f"The price of {entry.model} is saved.")
                return redirect("generation:prices")
    context = {
        "section": "generation",
        "prices": selectors.prices(),
        "coming": selectors.coming_prices(),
        "form": form,
        "map_form": PriceMapForm(),
        "lists": [terms for terms in TERMS.values() if terms.prices_url],
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
            outcome = change.import_map(
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
    entry = selectors.price_or_404(price_id)
    prices.remove_price(entry, by=member_of(request))
    messages.success(request, f"The price of {entry.model} is removed.")
    return redirect("generation:prices")
