"""Where rooms say how members and things are called; this room knows their ids alone."""

from __future__ import annotations

from collections.abc import Callable, Collection

# Names by member id, and ids of the members that a searched word may mean.
Names = Callable[[Collection[str]], dict[str, str]]
IdsMatching = Callable[[str], list[str]]
# Names of things of a kind, by id.
SubjectNames = Callable[[str, Collection[str]], dict[str, str]]


def no_names(ids: Collection[str]) -> dict[str, str]:
    """Default: no member has a name."""
    return {}


def no_ids(word: str) -> list[str]:
    """Default: a word matches no member."""
    return []


def no_subject_names(kind: str, ids: Collection[str]) -> dict[str, str]:
    """Until a room says otherwise nothing has a name."""
    return {}


names_of: Names = no_names
ids_meant: IdsMatching = no_ids
called: SubjectNames = no_subject_names


def set_member_names(names: Names, meant: IdsMatching) -> None:
    """Let the room that knows members answer."""
    global names_of, ids_meant
    names_of, ids_meant = names, meant


def set_subject_names(names: SubjectNames) -> None:
    """Let the site, which knows every room, say how things are called."""
    global called
    called = names
