"""Ports for names of members and things, which rooms above install. This room knows only their ids."""

from __future__ import annotations

from collections.abc import Collection

from web.ports import Port

# Names of members by their ids, and ids of the members that a searched word may mean: from the room that knows members.
member_names: Port[[Collection[str]], dict[str, str]] = Port(lambda ids: {})
member_ids_matching: Port[[str], list[str]] = Port(lambda word: [])
# Names of things of a kind by their ids: from the site, which knows every room.
subject_names: Port[[str, Collection[str]], dict[str, str]] = Port(lambda kind, ids: {})
