"""Refusal of addresses and forms with null bytes, by the name of the field. `json_parser` checks JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.request import QueryDict
from django.shortcuts import render

from web.http.problem_shape import CONTENT_TYPE
from web.strict_json import ZERO_BYTE


class RefuseNullBytes:
    """Middleware: refuse addresses and forms with null bytes before a view reads them.

    Runs after the CSRF check has read a form, and ignores forms that are exempt from it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Before the route is looked for: whether its task may be seen is asked of the database.
        return _refusal(request, "address") if "\x00" in request.path_info else self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> HttpResponse | None:
        name = _first_with_null_byte(request.GET) if "%00" in request.META.get("QUERY_STRING", "") else None
        if name is None and request.method == "POST" and not getattr(view, "csrf_exempt", False):
            name = _first_with_null_byte(request.POST)
        return None if name is None else _refusal(request, name)


def _refusal(request: HttpRequest, name: str) -> HttpResponse:
    if not request.path_info.startswith("/api/"):
        return render(request, "400.html", {"name": name[:80], "mistake": ZERO_BYTE}, status=400)
    body = {
        "type": "urn:miniatures:problem:invalid",
        "title": "The request has mistakes.",
        "status": 400,
        "code": "invalid",
        "errors": {name: [ZERO_BYTE]},
    }
    return HttpResponse(json.dumps(body), status=400, content_type=CONTENT_TYPE)


def _first_with_null_byte(values: QueryDict) -> str | None:
    for name, several in values.lists():
        if "\x00" in name or any("\x00" in value for value in several if isinstance(value, str)):
            return name.replace("\x00", "")
    return None
