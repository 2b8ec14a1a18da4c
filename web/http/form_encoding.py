"""Forms in another encoding than UTF-8 are refused before anything reads them.

Django refuses them too, and then asks for the form once more while it renders the refusal, which ends as a fault.
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
    """Middleware: a form is UTF-8, whatever alias of it the request names."""

    def answer(request: HttpRequest) -> HttpResponse:
        if request.content_type == FORM and request.encoding is not None:
            if codecs.lookup(request.encoding).name != "utf-8":
                told = {"title": "The form is not in UTF-8.", "hint": "Nothing was changed. Send it in UTF-8."}
                return render(request, "not_taken.html", told, status=400)
            request.encoding = "utf-8"
        return get_response(request)

    return answer
