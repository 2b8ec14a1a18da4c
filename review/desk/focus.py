"""Everything the focus page shows for one member and one task. Reads only; the deck is dealt by a service."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from members.models import Member
from review.desk import destinations, elsewhere, pace
from review.desk.cards import assembly
from review.desk.decisions import queries
from review.desk.guidelines import queries as guidelines_queries
from review.drafts import etags
from review.drafts import queries as drafts_queries
from review.models import Assignment, Task


def page(
    member: Member, task: Task, deck: Sequence[Assignment], *, keys: dict[str, str], since: datetime
) -> dict[str, Any]:
    """Cards of the deck, guidelines, pace, and what the script needs to go on: keys and verdicts that can be undone."""
    how_much = pace.pace_of(member, task, since=since)
    destinations.annotate_destinations(deck, by=member)
    return {
        "cards": [assembly.build_card(assignment) for assignment in deck],
        "pace": how_much,
        "guidelines": None if (now := guidelines_queries.current_guidelines(task)).is_empty else now,
        "elsewhere": None if deck else elsewhere.cards_elsewhere(member, task),
        "is_bare": not deck and drafts_queries.is_empty(task),
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
            "etag": etags.etag_for(decision.draft, member),
            "verdict": decision.verdict,
            "title": decision.draft.record.title,
        }
        for decision in reversed(queries.undoable(member, task))
    ]
