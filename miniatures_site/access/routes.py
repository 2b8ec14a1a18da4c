"""The routes of a URLconf by the keys under which the declaration knows them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import ResolverMatch, URLPattern, URLResolver, get_resolver


@dataclass(frozen=True)
class DeclaredRoute:
    """One route: its key, its pattern from the root on, and its view."""

    key: str
    pattern: str
    view: Callable[..., Any]

    @property
    def is_allauths(self) -> bool:
        return self.view.__module__.startswith("allauth.")


def key_of(match: ResolverMatch) -> str:
    """Return the name of the route a request came by, with its namespace; its pattern where it has no name."""
    return match.view_name if match.url_name else match.route


def walk() -> Iterator[DeclaredRoute]:
    yield from _walk(get_resolver().url_patterns, "", "")


def _walk(patterns: list[URLPattern | URLResolver], prefix: str, namespace: str) -> Iterator[DeclaredRoute]:
    for pattern in patterns:
        text = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, text, inner)
        else:
            yield DeclaredRoute(f"{namespace}{pattern.name}" if pattern.name else text, text, pattern.callback)
