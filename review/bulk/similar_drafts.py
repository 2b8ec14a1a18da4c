"""Drafts that are alike: clusters of those that wait, those like one draft, and sentences that stand in many.

All of it reads the signatures and words of the text index, of the newest so many drafts; what is shown as a similarity
is counted from the texts themselves. It does not decide anything about them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import numpy as np

from members.models import Member
from review.drafts import draft_filters, queries
from review.drafts.waiting_marks import with_marks
from review.models import Decision, Draft, SearchText, Task
from review.spec.schema import Fields
from review.states import DraftState, Role, Verdict
from review.tasks.permissions import may
from review.text.near_duplicates import minhash
from review.text.near_duplicates.minhash import Signatures
from review.text.reading.words import sentences
from review.text.search import query
from review.text.search.words import folded, texts_of_fields, tidy, words
from web.caching import slow_figures
from web.db.chunks import chunked

# How many of the newest drafts are brought together on a page, and how many a draft is compared with.
CLUSTERED = 20_000
COMPARED = 20_000
SHOWN_CLUSTERS = 20
SHOWN_MEMBERS = 3
# Some of the first may be decided since they were brought together.
LOADED_MEMBERS = 12
# An estimate errs by 4.5 % at most (one standard deviation): what is shown is counted, of all that may reach it.
LOOK_FROM, SHOW_FROM = 0.2, 0.35
SHOWN_SIMILAR = 50
TEXTS_AT_ONCE = 2_000
# A sentence worth an act on many: long enough to be no greeting, and so often.
LEAST_WORDS = 5
LEAST_OTHERS = 3
ASKED_SENTENCES = 3
# An opening that a member edited so often, among their latest edits, is worth a check.
LEAST_TIMES = 3
EDITS_LOOKED_AT = 100


@dataclass(frozen=True, slots=True)
class DraftCluster:
    """Drafts that are nearly the same.

    Attributes:
        ids: All of them, the one that stands for them first.
        shown: That one and some others, loaded.
    """

    ids: list[UUID]
    shown: list[Draft]


@dataclass(frozen=True, slots=True)
class SimilarDraft:
    """A draft and the share of five-word runs it has in common with the one asked about, 0 to 1."""

    draft: Draft
    share: float


@dataclass(frozen=True, slots=True)
class RepeatedSentence:
    """A sentence of a draft that stands in others which wait.

    Attributes:
        count: In how many others, as far as the index is looked through.
        instead: What the expert put in its place; None where it was not edited, empty where it was dropped.
        address: Of the page that decides those others too; empty where they are too few.
        times: Number of the member's latest edits that changed a sentence with this opening; 0 after a reject.
        check_address: Page that makes the opening a forbidden phrase; empty for whoever may not change the task.
    """

    text: str
    count: int
    instead: str | None = None
    address: str = ""
    times: int = 0
    check_address: str = ""


def clusters(task: Task, *, at_most: int = CLUSTERED) -> tuple[list[DraftCluster], int]:
    """Clusters of the newest drafts that wait, the largest first, and how many drafts were looked at.

    Where looking took long they are found again after a while only; until then those of which nothing waits any more
    are left out.
    """
    groups, looked_at = slow_figures.figures(f"clusters:{task.pk}:{at_most}", lambda: _clustered(task, at_most)).value
    first = [key for group in groups for key in group[:LOADED_MEMBERS]]
    loaded = {pk: draft for pk, draft in _loaded(first).items() if draft.state == DraftState.PENDING}
    shown = [DraftCluster(group, [loaded[key] for key in group if key in loaded][:SHOWN_MEMBERS]) for group in groups]
    return [cluster for cluster in shown if cluster.shown], looked_at


def _clustered(task: Task, at_most: int) -> tuple[list[list[UUID]], int]:
    waiting = SearchText.objects.filter(task=task, draft__state=DraftState.PENDING).order_by("-id")
    ids, signatures = _signatures(waiting.values_list("draft_id", "signature")[:at_most])
    groups = minhash.clusters(signatures, lambda rows: _texts([ids[row] for row in rows]))[:SHOWN_CLUSTERS]
    return [[ids[row] for row in group] for group in groups], len(ids)


def similar(draft: Draft) -> list[SimilarDraft]:
    """Drafts of the task most like this one, by their texts, the most alike first; itself is not among them."""
    own = SearchText.objects.filter(draft=draft).values_list("signature", flat=True).first()
    if not own:
        return []
    texts = SearchText.objects.filter(task=draft.task_id).exclude(draft=draft).order_by("-id")
    ids, signatures = _signatures(texts.values_list("draft_id", "signature")[:COMPARED])
    if not ids:
        return []
    alike = minhash.estimates(np.frombuffer(own, np.uint16), signatures)
    best = [row for row in np.argsort(-alike, kind="stable")[: 2 * SHOWN_SIMILAR] if alike[row] >= LOOK_FROM]
    mine = _shingles(draft.fields)
    counted = [
        SimilarDraft(other, minhash.jaccard(mine, _shingles(other.fields)))
        for other in _loaded([ids[row] for row in best]).values()
    ]
    shown = sorted(
        (match for match in counted if match.share >= SHOW_FROM), key=lambda match: (-match.share, match.draft.pk)
    )
    return shown[:SHOWN_SIMILAR]


def repeated(member: Member, draft: Draft) -> list[RepeatedSentence]:
    """Sentences of a draft that the member's verdict was about and that stand in others that wait, most often first.

    After an edit these are the sentences it changed or dropped; after a reject those that checks object to.
    """
    decisions = Decision.objects.filter(draft=draft, reviewer=member, retracted_by__isnull=True)
    last = decisions.exclude(verdict=Verdict.RETRACT).order_by("-created_at").first()
    if last is None or last.bulk_id is not None:
        return []
    sentences = _changed(draft.fields, last.fields) if last.verdict == Verdict.EDIT else {}
    if last.verdict == Verdict.REJECT:
        sentences = dict.fromkeys(_objected(draft))
    long = [(text, instead) for text, instead in sentences.items() if len(folded(text)) >= LEAST_WORDS]
    edited = _edited_openings(member, draft.task) if last.verdict == Verdict.EDIT else Counter[str]()
    may_lead = may(member, draft.task, Role.LEAD)
    counted = [
        _repeated(draft, text, instead, last.reasons, edited[_opening(text)], may_lead=may_lead)
        for text, instead in long[:ASKED_SENTENCES]
    ]
    return sorted((each for each in counted if each.address or each.check_address), key=lambda each: -each.count)


def _repeated(
    draft: Draft, text: str, instead: str | None, reasons: Sequence[str], times: int, *, may_lead: bool
) -> RepeatedSentence:
    count, slug = _others(draft, text), draft.task.slug
    address = _address(slug, text, instead, reasons) if count >= LEAST_OTHERS else ""
    is_habit = may_lead and times >= LEAST_TIMES
    check = f"/tasks/{slug}/edit/?{urlencode({'forbid': _as_written(text)})}" if is_habit else ""
    return RepeatedSentence(text, count, instead, address, times, check)


def _opening(text: str) -> str:
    return " ".join(folded(text)[:LEAST_WORDS])


def _as_written(text: str) -> str:
    """Return the opening of a sentence letter by letter."""
    last = list(islice(words(text), LEAST_WORDS))[-1]
    return tidy(text)[: last.end]


def _edited_openings(member: Member, task: Task) -> Counter[str]:
    """Count the openings of sentences that the member's latest edits changed or dropped, once an edit."""
    edits = Decision.objects.filter(reviewer=member, task=task, verdict=Verdict.EDIT, retracted_by__isnull=True)
    rows = edits.filter(bulk__isnull=True).order_by("-created_at").values_list("draft__fields", "fields")
    return Counter(
        opening
        for before, after in rows[:EDITS_LOOKED_AT]
        for opening in {_opening(text) for text in _changed(before, after)}
    )


def _address(slug: str, text: str, instead: str | None, reasons: Sequence[str]) -> str:
    parameters: dict[str, Any] = {"give": "reject", "reasons": list(reasons)}
    if instead is not None:
        parameters = {"give": "edit", "find": text, "replace": instead}
    address = urlencode({"q": f'"{" ".join(folded(text))}"', **parameters}, doseq=True)
    return f"/tasks/{slug}/review/bulk/?{address}"


def _others(draft: Draft, text: str) -> int:
    """In how many other drafts that wait the words of a sentence stand in its order."""
    waiting = draft_filters.drafts_named_in(draft.task).filter(state=DraftState.PENDING).exclude(pk=draft.pk)
    hits = draft_filters.hits(draft.task, query.sentence(text)).values("draft_id")
    return waiting.filter(pk__among=hits[: draft_filters.HITS_AT_MOST]).count()


def _changed(before: Fields, after: Fields | None) -> dict[str, str | None]:
    """Sentences that are gone, and what stands in their place where that is one sentence or nothing."""
    changed: dict[str, str | None] = {}
    for name, text in before.items():
        now = (after or {}).get(name)
        if not isinstance(text, str) or not isinstance(now, str):
            continue
        old, new = ([match.group().strip() for match in sentences(version_of_text)] for version_of_text in (text, now))
        for kind, start, end, begin, stop in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if kind == "replace" and end - start == stop - begin:
                changed |= dict(zip(old[start:end], new[begin:stop], strict=True))
            elif kind == "delete":
                changed |= dict.fromkeys(old[start:end], "")
    return changed


def _objected(draft: Draft) -> list[str]:
    objected = []
    for mark in with_marks(draft).marks:
        text = draft.fields.get(str(mark["field"]).split(".")[0])
        if isinstance(text, str) and mark["end"] > mark["start"]:
            hit = (sentence for sentence in sentences(text) if sentence.start() <= mark["start"] < sentence.end())
            objected += [match.group().strip() for match in hit]
    return objected


def _signatures(rows: Iterable[tuple[UUID, bytes | memoryview]]) -> tuple[list[UUID], Signatures]:
    signed = [(pk, bytes(signature)) for pk, signature in rows if signature]
    raw = b"".join(signature for _, signature in signed)
    return [pk for pk, _ in signed], np.frombuffer(raw, np.uint16).reshape(len(signed), minhash.PERMUTATIONS)


def _texts(ids: Sequence[UUID]) -> list[str]:
    """Texts of drafts, in this order; one that is gone since, or erased, says nothing."""
    texts: dict[UUID, str] = {}
    for some in chunked(ids, TEXTS_AT_ONCE):
        rows = Draft.objects.filter(pk__in=some, erased_at__isnull=True).values_list("pk", "fields")
        texts.update((pk, texts_of_fields(fields)) for pk, fields in rows)
    return [texts.get(pk, "") for pk in ids]


def _loaded(ids: Sequence[UUID]) -> dict[UUID, Draft]:
    drafts = queries.with_parts(Draft.objects.filter(pk__in=ids)).defer(
        "messages", "parameters", "marks", "task_version__body"
    )
    return {draft.pk: draft for draft in queries.share_versions(drafts)}


def _shingles(fields: Fields) -> minhash.Hashes:
    return minhash.shingles(folded(texts_of_fields(fields)))
