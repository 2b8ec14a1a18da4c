"""What a judge's calls say: the same words when they are priced, sent, and sent again. Reads rows; writes none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from generation.engine.diversity import choosing
from generation.models import Order
from review.models import Draft
from review.prompting import Message
from web.errors import Refusal

CHUNK = 500


def conversations(order: Order, lineups: Mapping[str, Sequence[str]]) -> dict[str, list[Message]]:
    """The judge's conversation by record.

    Raises:
        Refusal: `draft_gone`, a draft was erased since the order was placed.
    """
    drafts = _drafts([draft for lineup in lineups.values() for draft in lineup])
    spec = order.task_version.spec
    found = {}
    for record_id, lineup in lineups.items():
        if gone := [draft for draft in lineup if draft not in drafts]:
            raise Refusal("draft_gone", f"The draft {gone[0]} is gone.", hint="Cancel this; the checks choose instead.")
        facts = drafts[lineup[0]].record.facts
        found[record_id] = choosing.conversation(spec, facts, [drafts[draft].fields for draft in lineup])
    return found


def _drafts(ids: Sequence[str]) -> dict[str, Draft]:
    found: dict[str, Draft] = {}
    for start in range(0, len(ids), CHUNK):
        rows = (
            Draft.objects.filter(pk__in=[UUID(pk) for pk in ids[start : start + CHUNK]], erased_at__isnull=True)
            .select_related("record")
            .only("fields", "record__facts")
        )
        found.update((str(row.pk), row) for row in rows)
    return found
