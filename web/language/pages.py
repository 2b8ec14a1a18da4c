"""The language of a page: the member's choice, else the browser's; pages not wholly translated stay English."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

# A page's script names the language of its page with each call of the API; other callers get English.
HEADER = "X-Page-Language"
# A member's choice beside the languages: as the browser says.
AUTOMATIC = "auto"


class PageLanguage:
    """Middleware: activate the language of the page, once it is known which page it is and who asks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with translation.override(settings.LANGUAGE_CODE):
            response = self.get_response(request)
            if (language := current()) != settings.LANGUAGE_CODE:
                response.headers.setdefault("Content-Language", language)
            return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        translation.activate(_language_of(request))

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        """Go back to English: the pages of errors are not translated."""
        if not request.path.startswith("/api/"):
            translation.activate(settings.LANGUAGE_CODE)


def current() -> str:
    """The active language, such as `de`."""
    return translation.get_language() or settings.LANGUAGE_CODE


def chosen_by(preferences: dict[str, Any]) -> str:
    """The language that a member chose; empty where the browser decides."""
    language = str(preferences.get("language") or "")
    return language if language in dict(settings.LANGUAGES) else ""


def _language_of(request: HttpRequest) -> str:
    match = request.resolver_match
    if match is not None and match.view_name in settings.TRANSLATED_PAGES:
        preferences = getattr(request.user, "preferences", None) or {}
        return chosen_by(preferences) or translation.get_language_from_request(request)
    named = request.headers.get(HEADER, "") if request.path.startswith("/api/") else ""
    return named if named in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
