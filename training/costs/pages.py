"""The page of what hosts cost: anyone reads it, an admin edits it."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from members.session import member_of
from training.costs import host_prices as selectors
from web.http.form_errors import submit


class HostPriceForm(forms.Form):
    host = forms.CharField(
        label="Host", max_length=64, initial="default", help_text="'default' for every host without a line of its own."
    )
    usd_per_hour = forms.DecimalField(label="US dollars an hour", min_value=0, max_digits=10, decimal_places=4)
    note = forms.CharField(label="Note", max_length=200, required=False, help_text="Such as: what the cloud bills.")


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    form = HostPriceForm(request.POST or None, initial={"host": request.GET.get("host", "default")})
    if request.method == "POST":
        if not member_of(request).is_admin:
            raise PermissionDenied("Only an admin can set the prices of hosts.")
        saved, _ = submit(form, lambda values: selectors.set_price(**values, by=member_of(request)))
        if saved:
            messages.success(request, f"The price of {saved.host} is saved.")
            return redirect("training:host-prices")
    context = {
        "section": "training",
        "form": form,
        "prices": selectors.price_table(),
        "unpriced": selectors.hosts_without_price(),
        "may_edit": member_of(request).is_admin,
    }
    return render(request, "training/host_prices.html", context, status=400 if form.errors else 200)


@require_POST
def remove(request: HttpRequest, host_price_id: int) -> HttpResponse:
    if host := selectors.remove_price(host_price_id, by=member_of(request)):
        messages.success(request, f"The price of {host} is removed.")
    return redirect("training:host-prices")
