"""The desk's form as a browser without scripts sends it. Pure: turns names like `field:claims.0.text` into fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import QueryDict

from review.spec.paths import leaves
from web.errors import Refusal
from web.whole_numbers import whole_number

PREFIX = "field:"


@dataclass(frozen=True, slots=True)
class DeskAct:
    draft: UUID
    etag: str
    id: UUID
    verdict: str
    fields: dict[str, Any]
    reasons: list[str]
    note: str
    # What was picked or typed in place; it counts whichever button was pressed.
    values: dict[str, Any]
    was_hidden: bool


def read(post: QueryDict) -> DeskAct:
    """Read the form.

    Raises:
        Refusal: 422 when it names no card; the form of the page always does.
    """
    try:
        draft, decision = UUID(post.get("draft", "")), UUID(post.get("id", ""))
    except ValueError:
        raise Refusal("no_card", "The form names no card.", hint="Reload the page.") from None
    reason, fields = post.get("reason", ""), fields_from(post)
    return DeskAct(
        draft=draft,
        etag=post.get("etag", ""),
        id=decision,
        verdict="reject" if reason else post.get("verdict", ""),
        fields=fields,
        reasons=[reason] if reason else [],
        note=post.get("note", "").strip(),
        values={name: fields[name] for name in post.getlist("value")},
        was_hidden=bool(post.get("hidden")),
    )


def fields_from(post: Mapping[str, str]) -> dict[str, Any]:
    """Fields by name; elements of a list in their order, without those left empty; None for a value not picked."""
    tree: dict[str, Any] = {}
    for key in post:
        if not key.startswith(PREFIX):
            continue
        *above, last = key.removeprefix(PREFIX).split(".")
        place = tree
        for step in above:
            inner = place.setdefault(step, {})
            if not isinstance(inner, dict):
                break
            place = inner
        else:
            # A box with several labels is named with brackets, and sends each that is picked.
            if last.endswith("[]") and isinstance(post, QueryDict):
                place[last.removesuffix("[]")] = post.getlist(key)
            else:
                place[last] = post[key]
    values = post.getlist("value") if isinstance(post, QueryDict) else ()
    return {**dict.fromkeys(values), **{name: _folded(value) for name, value in tree.items()}}


def _folded(value: object) -> Any:
    """Numbered parts as a list, named ones as an object."""
    if not isinstance(value, dict):
        return value
    numbers = {key: whole_number(key, otherwise=-1) for key in value}
    if min(numbers.values(), default=0) < 0:
        return {key: _folded(part) for key, part in value.items()}
    rows = [_folded(value[key]) for key in sorted(value, key=numbers.__getitem__)]
    return [row for row in rows if any(str(leaf).strip() for leaf in leaves(row))]
