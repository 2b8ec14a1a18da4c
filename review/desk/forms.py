"""The desk's form as a browser without scripts sends it. Pure: turns names like `field:claims.0.text` into fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from web.errors import Refusal

PREFIX = "field:"


@dataclass(frozen=True, slots=True)
class DeskAct:
    """What the pressed button means."""

    draft: UUID
    etag: str
    id: UUID
    verdict: str
    fields: dict[str, Any]
    reasons: list[str]
    note: str


def read(post: Mapping[str, str]) -> DeskAct:
    """Read the form.

    Raises:
        Refusal: 422 when it names no card; the form of the page always does.
    """
    try:
        draft, decision = UUID(post.get("draft", "")), UUID(post.get("id", ""))
    except ValueError:
        raise Refusal("no_card", "The form names no card.", hint="Load the page again.") from None
    reason = post.get("reason", "")
    return DeskAct(
        draft=draft,
        etag=post.get("etag", ""),
        id=decision,
        verdict="reject" if reason else post.get("verdict", ""),
        fields=fields_from(post),
        reasons=[reason] if reason else [],
        note=post.get("note", "").strip(),
    )


def fields_from(post: Mapping[str, str]) -> dict[str, Any]:
    """Fields by name; elements of a list in their order, without those left wholly empty."""
    fields: dict[str, Any] = {}
    lists: dict[str, dict[int, dict[str, str]]] = {}
    for key in post:
        if not key.startswith(PREFIX):
            continue
        name, *path = key.removeprefix(PREFIX).split(".")
        if not path:
            fields[name] = post[key]
        elif len(path) == 2 and path[0].isdigit():
            lists.setdefault(name, {}).setdefault(int(path[0]), {})[path[1]] = post[key]
    for name, elements in lists.items():
        rows = [element for _, element in sorted(elements.items())]
        fields[name] = [row for row in rows if any(value.strip() for value in row.values())]
    return fields
