"""Rows of the trail for every file that a member or a program takes out of the installation, by any page or call."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from audit import trail

AnyResponse = TypeVar("AnyResponse", bound=HttpResponseBase)
_IS_TOLD = "is_in_audit_trail"


def mark_told(response: AnyResponse) -> AnyResponse:
    """Say of an answer that its own service has told the trail, with more than its address."""
    setattr(response, _IS_TOLD, True)
    return response


class AuditDownloads:
    """Middleware: append *File downloaded* for each answer that is sent as a file to somebody who is signed in.

    The row is written before the first byte leaves, so a download that breaks off is told too. It holds the address
    without what stands behind its question mark, since filters may hold names.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if _is_file(request, response):
            trail.record("file_downloaded", by=request.user, address=request.path)
        return response


def _is_file(request: HttpRequest, response: HttpResponseBase) -> bool:
    return (
        response.status_code == HTTPStatus.OK
        and request.method != "HEAD"
        and response.headers.get("Content-Disposition", "").startswith("attachment")
        and not getattr(response, _IS_TOLD, False)
        # A token's member is known here too: the framework of the API sets it on the request.
        and getattr(request, "user", None) is not None
        and request.user.is_authenticated
    )
