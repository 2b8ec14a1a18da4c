"""Where the room that has members says how they are called; this room knows their ids alone."""

from __future__ import annotations

from collections.abc import Callable, Collection

# Names by member id, and ids of the members that a searched word may mean.
Names = Callable[[Collection[str]], dict[str, str]]
Meant = Callable[[str], list[str]]


def no_names(ids: Collection[str]) -> dict[str, str]:
    """Until a room says otherwise nobody has a name."""
    return {}


def nobody_meant(word: str) -> list[str]:
    """Until a room says otherwise a word means nobody."""
    return []


names_of: Names = no_names
ids_meant: Meant = nobody_meant


def set_people(names: Names, meant: Meant) -> None:
    """Let the room that knows members answer."""
    global names_of, ids_meant
    names_of, ids_meant = names, meant
