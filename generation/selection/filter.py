"""Decides, as drafts of an order arrive, which go to the desk: no repeats, none where the best of several is chosen.

Runs inside the transaction that takes them in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from generation.diversity.mix import MixSettings
from generation.models import LeftOut, Order
from generation.selection import near_duplicates
from generation.selection.signatures import NearDuplicate
from generation.states import LeftOutReason
from review.datasets.selection import writes_no_prose
from review.drafts.intake import NewDraft
from review.models import Draft


class ArrivedDrafts:
    """The drafts of one order that came in together.

    Args:
        order: Their order, with its task version loaded.
        drafts: As they would go to the desk.

    Attributes:
        drafts: As they are to be added: some of them kept from it.
    """

    def __init__(self, order: Order, drafts: Sequence[NewDraft]) -> None:
        self._order, self._variety = order, MixSettings.model_validate(order.variety)
        # Equal labels and numbers are right answers for many records; only texts repeat each other.
        is_looked_for = self._variety.near_duplicates and not writes_no_prose(order.task_version.spec)
        self._twins: dict[str, NearDuplicate] = near_duplicates.find_repeats(order, drafts) if is_looked_for else {}
        holds_back = bool(self._variety.best_of)
        self.drafts = [
            replace(draft, is_kept=True) if holds_back or draft.call_id in self._twins else draft for draft in drafts
        ]

    def added(self, drafts: Iterable[Draft]) -> None:
        """Note why repeats stay off the desk, once the drafts are rows."""
        rows = [row for row in drafts if row.call_id in self._twins]
        LeftOut.objects.bulk_create([self._left_out(row) for row in rows], ignore_conflicts=True)

    def _left_out(self, row: Draft) -> LeftOut:
        call_id = str(row.call_id)
        twin = self._twins[call_id]
        return LeftOut(
            call_id=UUID(call_id),
            order=self._order,
            draft=row,
            reason=LeftOutReason.DUPLICATE,
            because_of=near_duplicates.draft_of_key(twin.key),
            similarity=round(twin.similarity, 4),
        )
