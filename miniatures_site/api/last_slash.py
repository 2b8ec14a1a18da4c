"""Addresses of the API with and without their last slash: both lead to the same view, with the body that came.

A redirect to the declared form would turn a POST into a GET. What is declared, in the schema and in the access rules,
is one form: only the resolver tries the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import ResolverMatch, URLPattern, URLResolver
from django.urls.exceptions import Resolver404
from django.urls.resolvers import RoutePattern


class EitherForm(URLResolver):
    """A resolver whose addresses end with a slash, or do not, as the caller likes."""

    def resolve(self, path: str) -> ResolverMatch:
        """Return the match of an address as it is, else of its other form.

        Raises:
            Resolver404: It leads nowhere in either.
        """
        try:
            return super().resolve(path)
        except Resolver404:
            if self.pattern.match(path) is None:
                raise
        return super().resolve(path[:-1] if path.endswith("/") else f"{path}/")


def in_either_form(prefix: str, patterns: Sequence[URLPattern | URLResolver]) -> EitherForm:
    """Return the patterns under a prefix; their own addresses stay as they are declared."""
    route: Any = RoutePattern(prefix, is_endpoint=False)  # the stubs take a text alone
    return EitherForm(route, list(patterns))
