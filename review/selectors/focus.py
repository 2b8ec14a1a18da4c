"""Everything the focus page shows for one member and one task. Reads only; the deck is dealt by a service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from members.models import Member
from review.models import Assignment, Task
from review.selectors import cards, decisions, desk, destinations, guidelines, pace


def page(member: Member, task: Task, deck: Sequence[Assignment], *, keys: dict[str, str]) -> dict[str, Any]:
    """Cards of the deck, guidelines, pace, and what the script needs to go on: keys and verdicts that can be undone."""
    how_much = pace.of(member, task)
    destinations.say_where(deck, by=member)
    return {
        "cards": [cards.of(assignment) for assignment in deck],
        "pace": how_much,
        "guidelines": None if (now := guidelines.of(task)).is_empty else now,
        "is_bare": not deck and desk.is_empty(task),
        "desk_data": {
            "task": task.slug,
            "pace": how_much.as_json(),
            "keys": keys,
            "history": history(member, task),
        },
    }


def history(member: Member, task: Task) -> list[dict[str, str]]:
    """The member's latest standing verdicts, oldest first, as the undo of the page keeps them."""
    return [
        {
            "decision": str(decision.pk),
            "draft": str(decision.draft_id),
            "etag": desk.etag(decision.draft, member),
            "verdict": decision.verdict,
        }
        for decision in reversed(decisions.undoable(member, task))
    ]
