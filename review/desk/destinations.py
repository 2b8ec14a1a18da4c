"""Destinations of a deck's drafts once they are accepted, as named by the room that ordered them."""

from __future__ import annotations

from collections.abc import Sequence

from members.models import Member
from review import ports
from review.models import Assignment

# The origin of drafts that a campaign has ordered.
FOR_A_CAMPAIGN = "campaign"


def annotate_destinations(deck: Sequence[Assignment], *, by: Member) -> None:
    """Write beside each card of a deck where its draft goes once accepted.

    Asks nothing where no room above ordered one.
    """
    ordered = [card.draft_id for card in deck if card.draft.origin == FOR_A_CAMPAIGN]
    if ordered:
        destination_by_draft = ports.destinations(ordered, by)
        for assignment in deck:
            assignment.goes_to = destination_by_draft.get(assignment.draft_id, "")  # type: ignore[attr-defined]
