"""Ports for names of members and things, which rooms above install. This room knows only their ids."""

from __future__ import annotations

from collections.abc import Collection

from web.ports import Port


def _no_names(ids: Collection[str]) -> dict[str, str]:
    return {}


def _no_ids(word: str) -> list[str]:
    return []


def _no_subject_names(kind: str, ids: Collection[str]) -> dict[str, str]:
    return {}


# Names of members by their ids, and ids of the members that a searched word may mean: from the room that knows members.
member_names = Port(_no_names)
member_ids_matching = Port(_no_ids)
# Names of things of a kind by their ids: from the site, which knows every room.
subject_names = Port(_no_subject_names)
