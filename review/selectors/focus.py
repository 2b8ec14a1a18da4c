"""Everything the focus page shows for one member and one task. Reads only; the hand is dealt by a service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from members.models import Member
from review.models import Assignment, Task
from review.selectors import cards, decisions, desk, destinations, guidelines, pace


def page(member: Member, task: Task, hand: Sequence[Assignment], *, keys: dict[str, str]) -> dict[str, Any]:
    """Cards of the hand, guidelines, pace, and what the script needs to go on: keys and verdicts that can be undone."""
    how_much = pace.of(member, task)
    destinations.say_where(hand, by=member)
    return {
        "cards": [cards.of(assignment) for assignment in hand],
        "pace": how_much,
        "guidelines": None if (now := guidelines.of(task)).is_empty else now,
        "is_bare": not hand and desk.is_empty(task),
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
