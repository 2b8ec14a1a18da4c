"""Refusal of forms in another encoding than UTF-8, before any code reads them.

Django refuses them too, but reads the form again while it renders the refusal, which ends in a 500.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

FORM = "application/x-www-form-urlencoded"


def refuse_other_encodings(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: refuse forms that are not UTF-8, by any alias of it."""

    def answer(request: HttpRequest) -> HttpResponse:
        if request.content_type == FORM and request.encoding is not None:
            if codecs.lookup(request.encoding).name != "utf-8":
                problem = {"title": "The form is not in UTF-8.", "hint": "Nothing was changed. Send it in UTF-8."}
                return render(request, "not_taken.html", problem, status=400)
            request.encoding = "utf-8"
        return get_response(request)

    return answer
