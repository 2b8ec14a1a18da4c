"""Decides, as drafts of an order arrive, which go to the desk: no repeats, none where the best of several is chosen.

Runs inside the transaction that takes them in. Signatures of a task's newest drafts are remembered between arrivals by
the process that takes them in; the database has them all. Two orders of one task that arrive in two processes within
the same second may miss each other's newest drafts.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from uuid import UUID

from generation.diversity.mix import MixSettings
from generation.models import LeftOut, Order
from generation.selection.signatures import NearDuplicate, SignatureIndex, signature
from generation.states import LeftOutReason
from review.datasets.selection import writes_no_prose
from review.drafts.intake import NewDraft
from review.models import Draft, SearchBacklog, SearchText
from review.text.search.words import texts_of_fields

# The newest so many drafts of a task are compared with.
REMEMBERED = 20_000
TASKS = 4
# A draft that no call made is known by its own id.
DRAFT_KEY_PREFIX = "draft "


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
        self._twins: dict[str, NearDuplicate] = find_repeats(order, drafts) if is_looked_for else {}
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
            because_of=draft_of_key(twin.key),
            similarity=round(twin.similarity, 4),
        )


@dataclass
class _TaskSignatures:
    """Drafts of one task as they are known: those indexed up to `upto`, by draft or call id."""

    seen: SignatureIndex = field(default_factory=lambda: SignatureIndex(at_most=REMEMBERED))
    upto: int = 0


_signatures_by_task: OrderedDict[UUID, _TaskSignatures] = OrderedDict()
_lock = Lock()


def find_repeats(order: Order, drafts: Sequence[NewDraft]) -> dict[str, NearDuplicate]:
    """Find, by call id, drafts that repeat an earlier one, and which; keys of twins are as `draft_of_key` reads them.

    Of two alike in one arrival the first stays. A draft told again after a crash is no twin of itself.
    """
    with _lock:
        index = _signatures_of(order)
        texts = {draft.call_id: texts_of_fields(draft.fields) for draft in drafts if draft.call_id}
        twins: dict[str, NearDuplicate] = {}
        for call_id, text in texts.items():
            twin = index.twin(text, but=call_id, text_of=lambda key: texts.get(key) or _text_of(key))
            if twin is not None:
                twins[call_id] = twin
            else:
                index.add([(call_id, signature(text))])
        return twins


def draft_of_key(key: str) -> Draft | None:
    """The draft that a twin's key names."""
    if key.startswith(DRAFT_KEY_PREFIX):
        return Draft.objects.filter(pk=UUID(key.removeprefix(DRAFT_KEY_PREFIX))).first()
    return Draft.objects.filter(call_id=key).first()


def _signatures_of(order: Order) -> SignatureIndex:
    memory = _signatures_by_task.pop(order.task_id, None)
    if memory is None:
        memory = _TaskSignatures()
        memory.seen.add(_not_indexed(order))
    _signatures_by_task[order.task_id] = memory
    while len(_signatures_by_task) > TASKS:
        _signatures_by_task.popitem(last=False)
    rows = SearchText.objects.filter(task=order.task_id, pk__gt=memory.upto).order_by("-id")
    newest = list(rows.values_list("pk", "draft__call_id", "draft_id", "signature")[:REMEMBERED])
    memory.seen.add((call or f"{DRAFT_KEY_PREFIX}{pk}", bytes(raw)) for _, call, pk, raw in reversed(newest))
    if newest:
        memory.upto = newest[0][0]
    return memory.seen


def _not_indexed(order: Order) -> list[tuple[str, bytes]]:
    """Drafts that wait to be indexed: their signatures are made here."""
    waiting = [pk for ids in SearchBacklog.objects.values_list("drafts", flat=True)[:40] for pk in ids]
    rows = Draft.objects.filter(task=order.task_id, pk__in=waiting[:REMEMBERED]) if waiting else []
    return [(row.call_id or f"{DRAFT_KEY_PREFIX}{row.pk}", signature(texts_of_fields(row.fields))) for row in rows]


def _text_of(key: str) -> str | None:
    draft = draft_of_key(key)
    return texts_of_fields(draft.fields) if draft is not None and draft.erased_at is None else None
