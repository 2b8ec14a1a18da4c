"""Addresses of pages by name, where an installation may leave a room out."""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse


def address(name: str, *args: str) -> str | None:
    """The page's address; nothing where there is no such page."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return None
