"""Approved texts of the records most like that of a draft, for a reviewer who asks how others were settled.

Reads only.
"""

from __future__ import annotations

from dataclasses import dataclass

from members.models import Member
from review.desk.cards.values import has_hidden
from review.drafts.queries import in_use
from review.models import Draft, Gold
from review.spec.readable import readable
from review.states import POSITIVE, DraftState, Verdict
from review.text.nearest_facts import NearestFacts

LOOKED_AT = 2_000
SHOWN = 2
SHOWN_CHARS = 20_000


@dataclass(frozen=True, slots=True)
class ApprovedText:
    """An approved text; neither its author nor its reviewer is named.

    Attributes:
        share: Likeness of the two records by their words, 0 to 1.
    """

    draft: Draft
    text: str
    verdict: str
    share: float


def is_kept_from(member: Member, draft: Draft) -> bool:
    """Return whether the member judges this draft without help: its card hides the teacher's values."""
    return has_hidden(draft.task_version.spec, draft.pk, member.pk)


def most_similar(member: Member, draft: Draft) -> list[ApprovedText]:
    """Return the approved texts of the two records most like the draft's, of the newest `LOOKED_AT`.

    Only of its task and its split, so that nothing held out is written after what is trained on, and of other records.
    Drafts that wait for a further, blind verdict are left out although their gold still counts.
    """
    if is_kept_from(member, draft):
        return []
    golds = (
        Gold.objects.filter(in_use("draft__"), task=draft.task_id, verdict__in=POSITIVE)
        .filter(draft__state=DraftState.DECIDED, draft__record__split=draft.record.split)
        .exclude(draft__record=draft.record_id)
    )
    rows = list(golds.order_by("-decided_at").values_list("pk", "draft__record__facts")[:LOOKED_AT])
    nearest = NearestFacts([facts for _, facts in rows]).ranked(draft.record.facts)[:SHOWN]
    shares = {rows[index][0]: share for index, share in nearest if share > 0}
    loaded = golds.filter(pk__in=shares).select_related("decision", "draft__record", "draft__task_version")
    texts = [_approved(gold, shares[gold.pk]) for gold in loaded]
    return sorted(texts, key=lambda text: -text.share)


def _approved(gold: Gold, share: float) -> ApprovedText:
    draft = gold.draft
    text = readable(draft.task_version.spec, gold.decision.fields or draft.fields)
    return ApprovedText(draft, text[:SHOWN_CHARS], Verdict(gold.verdict).label, share)
