"""Every route of the site with what can be read off it. Knows Django's URLconf; knows no view."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from miniatures_site.access import RULES

_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>|\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")


@dataclass(frozen=True)
class Route:
    """One route.

    Attributes:
        pattern: As it stands in the URLconf, prefix included.
        name: With its namespace; the pattern where it has none.
        view: The class of a class-based view, else the function.
        parameters: Names of what the address is filled with.
    """

    pattern: str
    name: str
    view: Any
    parameters: tuple[str, ...]

    @property
    def is_api(self) -> bool:
        """Whether it answers 401 and problems rather than pages."""
        return self.pattern.startswith(("api/", "v1/")) and self.name != "docs"

    def methods(self) -> list[str] | None:
        """HTTP methods of a class; None for a function, which says so only when asked."""
        if not isinstance(self.view, type) or not self.is_api:
            return None
        return [verb.upper() for verb in ("get", "post", "put", "patch", "delete") if hasattr(self.view, verb)]

    def address(self, values: dict[str, Any]) -> str:
        """The route with its parameters filled in."""
        path = _PARAMETER.sub(lambda found: str(values[found[2] or found[3]]), self.pattern)
        return "/" + re.sub(r"[\^$\\]|\(\?:|\)\??|\.\?$", "", path)


def walk() -> list[Route]:
    """All routes by pattern, without pages of allauth that have no line: those are refused to everybody."""
    routes = (
        route for route in _walk(get_resolver().url_patterns, "", "") if route.name in RULES or not _is_allauths(route)
    )
    return sorted(set(routes), key=lambda route: (route.pattern, route.name))


def _is_allauths(route: Route) -> bool:
    return bool(route.view.__module__.startswith("allauth."))


def _walk(patterns: list[URLPattern | URLResolver], prefix: str, namespace: str) -> Iterator[Route]:
    for pattern in patterns:
        text = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, text, inner)
        else:
            callback = pattern.callback
            view = getattr(callback, "cls", None) or getattr(callback, "view_class", None) or callback
            names = tuple(found[2] or found[3] for found in _PARAMETER.finditer(text))
            yield Route(text, f"{namespace}{pattern.name}" if pattern.name else text, view, names)
