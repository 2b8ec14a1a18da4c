"""Exploratory preference pairs: a text that was answered over one that was not, sent to one company for equal facts.

They are no word of an expert: a reply depends on its reader as much as on the text. They are made where the filters ask
for them, and marked in every row. Which drafts were answered is told by the room that sends mails.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from review import ports
from review.datasets import export_rows
from review.datasets.dataset_filters import DatasetFilters
from review.datasets.exports import JudgedDraft, RejectedText
from review.datasets.exports.rows import is_preferred
from review.drafts.queries import in_use
from review.models import Draft, Task
from review.ports import ReplyPair
from review.spec.schema import Fields
from review.states import Verdict
from web.db.chunks import chunked

CHUNK: Final = 1_000
_COLUMNS: Final = (
    "pk",
    "task_version",
    "record",
    "thread",
    "fields",
    "gold__verdict",
    "gold__decision__fields",
    "gold__decision__created_at",
)


@dataclass(frozen=True, slots=True)
class SentDraft:
    """A draft as its mail went.

    The prompt it answers (task version, record, mails before), its text, and the edit that counts.

    `edited` is None where the draft was not edited; else `edited_at` says when.
    """

    answers: tuple[UUID, UUID, list[Any]]
    fields: Fields
    edited: Fields | None
    edited_at: datetime | None

    def text_at(self, moment: datetime) -> Fields:
        is_edited = self.edited is not None and self.edited_at is not None and self.edited_at <= moment
        return self.edited if is_edited and self.edited is not None else self.fields


@dataclass(frozen=True, slots=True)
class MatchedPair:
    """The text that went without an answer, and when the answered one was sent."""

    rejected: RejectedText
    better_sent_at: datetime


Pairs = Mapping[str, MatchedPair]


def matched(task: Task, filters: DatasetFilters, golds: Collection[UUID]) -> Pairs:
    """Pairs of some golds, by the id of the gold's draft; empty where the filters ask for none.

    The two drafts answer the same prompt: of one record, under one task version, after the same mails. So they are of
    one split, and go with the record when it is erased. Each draft is in one pair at most, with the one sent nearest to
    it.
    """
    return _matched(task, filters, golds) if filters.exploratory_pairs else {}


def count(task: Task, filters: DatasetFilters, decisions: Mapping[UUID, UUID]) -> int | None:
    """Count the exploratory pairs that a selection would give; None where no room sends mails.

    Args:
        filters: Of the selection; whether they ask for such pairs makes no difference.
        decisions: Draft of each row → the decision that counts.
    """
    if ports.mail_outcomes() is None:
        return None
    pairs = _matched(task, filters, decisions.keys())
    chosen = [str(decisions[UUID(draft)]) for draft in pairs]
    golds = (gold for chunk in export_rows.judged(chosen, as_of=filters.as_of) for gold in with_pairs(chunk, pairs))
    return sum(worse.kind == "reply" and is_preferred(gold, worse) for gold in golds for worse in gold.worse)


def card_line(pairs: Mapping[str, int], filters: Mapping[str, Any]) -> str:
    """Return the data card's line on exploratory pairs; empty where the version's filters ask for none."""
    if not filters.get("exploratory_pairs"):
        return ""
    made = pairs.get("reply", 0)
    return (
        f"- Exploratory preference pairs from replies: {made:,} {'row' if made == 1 else 'rows'} of `dpo`. Each "
        "prefers a mail with a reply to one without, sent to the same company for equal facts. No expert compared "
        "the two, and a reply depends on the reader as much as on the text."
    )


def with_pairs(golds: Sequence[JudgedDraft], pairs: Pairs) -> list[JudgedDraft]:
    """Golds with the text each was answered over; a gold that was edited after its mail went has none."""
    return [_with_pair(gold, pairs.get(gold.id)) for gold in golds]


def _with_pair(gold: JudgedDraft, pair: MatchedPair | None) -> JudgedDraft:
    if pair is None:
        return gold
    if gold.verdict == Verdict.EDIT and datetime.fromisoformat(gold.decided_at) > pair.better_sent_at:
        return gold
    return replace(gold, worse=(*gold.worse, pair.rejected))


def _matched(task: Task, filters: DatasetFilters, golds: Collection[UUID]) -> dict[str, MatchedPair]:
    room, gold_ids = ports.mail_outcomes(), set(golds)
    offered = room.reply_pairs(task, until=filters.outcomes_by) if room and gold_ids else []
    candidates = [pair for pair in offered if pair.better in gold_ids]
    drafts = _sent_drafts({draft for pair in candidates for draft in (pair.better, pair.worse)})
    taken: set[UUID] = set()
    matches: dict[str, MatchedPair] = {}
    for pair in candidates:
        better, worse = drafts.get(pair.better), drafts.get(pair.worse)
        if better is None or worse is None or better.answers != worse.answers or taken & {pair.better, pair.worse}:
            continue
        taken |= {pair.better, pair.worse}
        matches[str(pair.better)] = MatchedPair(_rejected(pair, worse), pair.better_sent_at)
    return matches


def _rejected(pair: ReplyPair, worse: SentDraft) -> RejectedText:
    return RejectedText(
        id=f"{pair.better}:reply:{pair.worse}",
        kind="reply",
        draft_id=str(pair.worse),
        fields=worse.text_at(pair.worse_sent_at),
        said_in=str(pair.said_in),
        reviewer="",
        is_simulated=pair.is_simulated,
    )


def _sent_drafts(ids: Collection[UUID]) -> dict[UUID, SentDraft]:
    drafts: dict[UUID, SentDraft] = {}
    for chunk in chunked(sorted(ids), CHUNK):
        rows = Draft.objects.filter(in_use(), pk__in=chunk).order_by().values_list(*_COLUMNS)
        drafts.update((pk, _sent_draft(*values)) for pk, *values in rows)
    return drafts


def _sent_draft(
    version: UUID,
    record: UUID,
    thread: list[Any] | None,
    fields: Fields,
    verdict: str | None,
    edited: Fields | None,
    decided_at: datetime | None,
) -> SentDraft:
    is_edit = verdict == Verdict.EDIT
    answers = (version, record, thread or [])
    return SentDraft(answers, fields, edited if is_edit else None, decided_at if is_edit else None)
