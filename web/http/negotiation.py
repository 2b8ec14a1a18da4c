"""Choice of an answer's form by `Accept`: JSON, or what the operation's schema declares, such as CSV or a file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.utils.mediatypes import media_type_matches

from web.http.known_parameters import declared_schema

if TYPE_CHECKING:
    from rest_framework.renderers import BaseRenderer
    from rest_framework.request import Request
    from rest_framework.views import APIView


class DeclaredForms(DefaultContentNegotiation):
    """REST framework's own choice, which knows renderers alone: files are sent past them."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Return the renderer of an answer and its media type; for a declared file, the one that words refusals.

        Raises:
            NotAcceptable: The client takes neither.
        """
        renderers = list(renderers)
        try:
            chosen: tuple[BaseRenderer, str] = super().select_renderer(request, renderers, format_suffix)
            return chosen
        except NotAcceptable:
            wanted = self.get_accept_list(request)
            declared = _declared(request, request.parser_context["view"])
            if any(media_type_matches(form, each) for form in declared for each in wanted):
                return renderers[0], str(renderers[0].media_type)
            raise


def _declared(request: Request, view: APIView) -> list[str]:
    """Return the media types that `extend_schema` declares for a view's method beside its renderers'."""
    method = "get" if request.method == "HEAD" else (request.method or "").lower()
    schema = declared_schema(getattr(view, method, None), view)
    responses = schema.get_response_serializers() if schema else None
    return [key[1] for key in responses if isinstance(key, tuple)] if isinstance(responses, dict) else []
