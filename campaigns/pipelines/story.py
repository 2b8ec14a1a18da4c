"""One mail's story from domain to meeting: what was read, claimed, borne out, said, written, checked, sent and answered.

Everything is read from the rows that hold it; nothing is kept for the story alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from campaigns.models import Event, Message, Reply, StageRun
from campaigns.pipelines import queries
from campaigns.states import StageKind
from generation.models import WebPage
from review.models import Decision


@dataclass(frozen=True)
class StoryEntry:
    """One thing that happened on the way of a mail.

    Attributes:
        kind: `page`, a stage's kind, `written`, `decision`, an event's kind, or `reply`.
        name: The stage's name, the page's address, or what it is called in words.
        at: When; None while it has not ended.
        state: Where it stands or what was decided, in words.
        model: Who did it: a model's name, `rules`, or a member's; empty where nobody in particular did.
        cost_usd: What it cost; None where nothing is paid for.
        seconds: How long it took; None where that is not measured.
        output: What came of it.
        reason: Why it stopped, failed or left something out.
        draft: The draft it made or is about.
    """

    kind: str
    name: str
    at: datetime | None
    state: str = ""
    model: str = ""
    cost_usd: Decimal | None = None
    seconds: float | None = None
    output: Any = None
    reason: str = ""
    draft: UUID | None = None


def story_of(message: Message) -> list[StoryEntry]:
    """The story of a mail, in the order it happened; what has not ended comes last.

    Args:
        message: The mail. A caller has checked that the reader may see people of its task.
    """
    runs = list(queries.stage_runs(message).select_related("draft", "stage__teacher"))
    entries = [*_pages(runs), *(_stage(run) for run in runs), *_written(message), *_events(message)]
    # Rows of one moment stay in the order in which they come about.
    return sorted(entries, key=lambda entry: (entry.at is None, entry.at.timestamp() if entry.at is not None else 0.0))


def _pages(runs: list[StageRun]) -> Iterator[StoryEntry]:
    sites = {run.site_id for run in runs if run.site_id is not None}
    for page in WebPage.objects.filter(site__in=sites).order_by("site", "number") if sites else ():
        yield StoryEntry(
            "page", page.address, page.fetched_at, state="Not read" if page.refused_code else "Read",
            output={"title": page.title}, reason=page.refused_why,
        )  # fmt: skip


def _stage(run: StageRun) -> StoryEntry:
    by_rules = run.draft is None
    model = "rules" if by_rules and run.stage.kind in (StageKind.VERIFY, StageKind.QUALIFY, StageKind.CHECK) else ""
    return StoryEntry(
        run.stage.kind,
        run.stage.name,
        run.ended_at,
        state=run.get_state_display(),
        model=run.draft.model if run.draft is not None else model,
        cost_usd=None if by_rules else run.cost_usd,
        seconds=run.seconds,
        output=run.output,
        reason=run.reason,
        draft=run.draft_id,
    )


def _written(message: Message) -> Iterator[StoryEntry]:
    draft = message.draft
    if draft is None:
        return
    yield StoryEntry(
        "written", "Mail written", draft.created_at, state=message.get_state_display(), model=draft.model,
        cost_usd=draft.cost_usd, seconds=draft.latency_s, output={"marks": draft.marks_count},
        reason=message.problem, draft=draft.pk,
    )  # fmt: skip
    for decision in Decision.objects.filter(draft=draft).select_related("reviewer").order_by("created_at"):
        yield StoryEntry(
            "decision", "Approval", decision.created_at, state=decision.get_verdict_display(),
            model=decision.reviewer.name, seconds=decision.seconds, draft=draft.pk,
        )  # fmt: skip


def _events(message: Message) -> Iterator[StoryEntry]:
    replies = {reply.event_id: reply for reply in Reply.objects.filter(message=message)}
    for event in Event.objects.filter(message=message).order_by("occurred_at", "id"):
        reply = replies.get(event.pk)
        yield StoryEntry(
            event.kind,
            event.get_kind_display(),
            event.occurred_at,
            state=reply.get_meaning_display() if reply is not None else "",
            model=reply.meant_by if reply is not None else "",
        )
