"""Finds drafts that say nearly the same as one the task has already, as they arrive. Reads rows; writes none.

Signatures of a task's newest drafts are remembered between arrivals by the process that takes them in; the database has
them all. Two orders of one task that arrive in two processes within the same second may miss each other's newest
drafts.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock
from uuid import UUID

from generation.models import Order
from generation.selection.signatures import NearDuplicate, SignatureIndex, signature
from review.drafts.intake import NewDraft
from review.models import Draft, SearchBacklog, SearchText
from review.text.search.texts import texts_of_fields

# The newest so many drafts of a task are compared with.
REMEMBERED = 20_000
TASKS = 4
# A draft that no call made is known by its own id.
DRAFT_KEY_PREFIX = "draft "


@dataclass
class _TaskSignatures:
    """Drafts of one task as they are known: those indexed up to `upto`, by draft or call id."""

    seen: SignatureIndex = field(default_factory=lambda: SignatureIndex(at_most=REMEMBERED))
    upto: int = 0


_signatures_by_task: OrderedDict[UUID, _TaskSignatures] = OrderedDict()
_lock = Lock()


def find_repeats(order: Order, drafts: Sequence[NewDraft]) -> dict[str, NearDuplicate]:
    """Find, by call id, drafts that repeat an earlier one, and which; keys of twins are as `draft_of` reads them.

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
