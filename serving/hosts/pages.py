"""Part of Jobs › Hosts: what serves on each host, to begin and to drain."""

from __future__ import annotations

import re
from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from members.session import member_of
from serving.hosts import panel
from serving.runtime import scaling
from web.errors import Refusal
from web.http.htmx import is_htmx

# No longer than a row's number can be.
REPLICA: Final = re.compile("[0-9]{1,18}")


@require_http_methods(["GET", "HEAD", "POST"])
def replicas(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        _change(request)
        return redirect("jobs:hosts")
    template = "serving/_replicas.html" if is_htmx(request) else "serving/replicas.html"
    return render(request, template, {**panel.context(member_of(request)), "section": "jobs"})


def _change(request: HttpRequest) -> None:
    member, replica = member_of(request), request.POST.get("replica", "")
    if REPLICA.fullmatch(replica):
        scaling.drain(panel.replica_or_404(int(replica)), by=member)
        messages.success(request, "The replica gets no new requests. It ends once it has answered those it has.")
        return
    try:
        scaling.serve_on(request.POST.get("host", ""), by=member)
        messages.success(request, "The host serves within seconds.")
    except Refusal as refusal:
        messages.warning(request, f"{refusal.message} {refusal.hint}")
