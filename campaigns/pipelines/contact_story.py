"""One contact's story from its domain to a meeting: pages, claims, label, mail, approval, sending and what came back.

Reads the rows of all mails to the contact; seven queries however much happened.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from campaigns.events.outcomes import POSITIVE, by_people
from campaigns.models import Campaign, Contact, Event, InboxAnswer, Message, StageRun
from campaigns.pipelines.queries import RUN_RELATED
from campaigns.states import AT_A_STAGE, AnswerState, EventKind, MessageState, StageKind, StageState
from generation.models import WebPage
from review.models import Decision
from review.text.verification.claim_task import CLAIM

NOT_ASKED = "The mail left its stages before an answer came."
LOOKS = {
    StageState.WAITING: "is-idle",
    StageState.ASKED: "is-running",
    StageState.PASSED: "is-good",
    StageState.STOPPED: "is-look",
    StageState.FAILED: "is-failed",
}


@dataclass(frozen=True)
class StoryLine:
    """A detail of an entry: what it says, the words it rests on, its address, a verdict with its look, and why."""

    text: str
    quote: str = ""
    url: str = ""
    verdict: str = ""
    look: str = ""
    why: str = ""


@dataclass(frozen=True)
class StoryEntry:
    """One thing that happened.

    Attributes:
        at: When; None while it is under way.
        by: The model, rules or person.
    """

    at: datetime | None
    title: str
    note: str = ""
    url: str = ""
    by: str = ""
    cost_usd: Decimal | None = None
    seconds: float | None = None
    lines: list[StoryLine] = field(default_factory=list)


@dataclass(frozen=True)
class MailStory:
    """Events on the way of one mail, in order."""

    mail: Message
    entries: list[StoryEntry]

    @property
    def cost_usd(self) -> Decimal:
        return sum((entry.cost_usd for entry in self.entries if entry.cost_usd is not None), Decimal(0))


def story_of(contact: Contact) -> list[MailStory]:
    """Each mail to a contact with all that led to it and came of it, the first mail first."""
    related = ("campaign", "step", "draft__task", "draft__task_version", "approved_by")
    mails = list(Message.objects.filter(contact=contact).select_related(*related).order_by("created_at", "id"))
    ids = [mail.pk for mail in mails]
    runs = StageRun.objects.filter(message__in=ids).select_related(*RUN_RELATED, "draft", "site")
    stages = _by("message_id", runs.order_by("stage__position", "part"))
    sites = {run.site_id for own in stages.values() for run in own if run.site_id is not None}
    pages = _by("site_id", WebPage.objects.filter(site__in=sites).defer("text").order_by("site", "number"))
    drafts = [mail.draft_id for mail in mails if mail.draft_id is not None]
    verdicts = Decision.objects.filter(draft__in=drafts).select_related("reviewer")
    decisions = _by("draft_id", verdicts.order_by("created_at"))
    events = Event.objects.filter(message__in=ids).select_related("reply")
    events_by_mail = _by("message_id", events.order_by("occurred_at", "id"))
    inbox = InboxAnswer.objects.filter(reply__message__in=ids).exclude(state=AnswerState.OPEN)
    answers = _by("reply.message_id", inbox.select_related("reply", "approved_by").order_by("created_at", "id"))
    stories = []
    for mail in mails:
        entries = [*_stages(mail, stages[mail.pk], pages), *_written(mail, decisions), *_outcome(mail)]
        entries += [*_events(events_by_mail[mail.pk]), *map(_answer, answers[mail.pk])]
        stories.append(MailStory(mail, _in_order(entries)))
    return stories


def most_told(campaign: Campaign) -> Contact | None:
    """Return the contact whose story tells most of the stages: one with a meeting, else one who answered with interest.

    Of several the first, those before whose mail holds a claim that stands and was judged by a person.
    """
    events = by_people(Event.objects.filter(campaign=campaign), EventKind.MEETING, EventKind.REPLIED)
    events = events.filter(message__arm__pipeline__isnull=False, message__contact__erased_at__isnull=True)
    claims = StageRun.objects.filter(
        message=OuterRef("message"), stage__kind=StageKind.VERIFY, state=StageState.PASSED, output__has_key=CLAIM
    )
    events = (
        events.annotate(has_claim=Exists(claims))
        .select_related("message__contact")
        .order_by("-has_claim", "-message__needs_approval", "occurred_at", "id")
    )
    for condition in (Q(kind=EventKind.MEETING), Q(reply__meaning__in=POSITIVE)):
        if event := events.filter(condition).first():
            return event.message.contact
    return None


def _by(key: str, rows: Iterable[Any]) -> dict[UUID, list[Any]]:
    groups: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        groups[attrgetter(key)(row)].append(row)
    return groups


def _answer(answer: InboxAnswer) -> StoryEntry:
    return StoryEntry(
        answer.sent_at or answer.updated_at,
        f"Our answer: {AnswerState(answer.state).label.lower()}",
        note=answer.problem or (answer.get_stop_reason_display() if answer.stop_reason else ""),
        url=reverse("campaigns:answer", args=[answer.reply_id]),
        by=answer.approved_by.name if answer.approved_by else "",
        lines=[StoryLine(answer.text or answer.body)] if answer.body else [],
    )


def _in_order(entries: Iterable[StoryEntry]) -> list[StoryEntry]:
    """Sort by time, those under way last; entries of one moment keep their order."""
    return sorted(entries, key=lambda entry: (entry.at is None, entry.at.timestamp() if entry.at else 0.0))


def _stages(mail: Message, runs: Sequence[StageRun], pages: dict[UUID, list[WebPage]]) -> Iterator[StoryEntry]:
    for own in _by("stage_id", runs).values():
        site = own[0].site_id
        if site is not None and pages.get(site):
            read = [_page(page) for page in pages[site]]
            yield StoryEntry(max(page.fetched_at for page in pages[site]), "Pages read", lines=read)
        yield _stage(mail, own)


def _page(page: WebPage) -> StoryLine:
    verdict = "not read" if page.refused_code else "read"
    look = "is-look" if page.refused_code else "is-good"
    return StoryLine(page.title or page.url, "", page.final_url or page.url, verdict, look, page.refused_why)


def _stage(mail: Message, runs: Sequence[StageRun]) -> StoryEntry:
    stage, is_left = runs[0].stage, mail.state not in AT_A_STAGE and any(run.ended_at is None for run in runs)
    # What was open when its mail left this way ended with it.
    ends = [run.ended_at or (mail.updated_at if is_left else None) for run in runs]
    reasons = [run.reason for run in runs if run.reason and not _is_claim(run)]
    took = [run.seconds for run in runs if run.seconds is not None]
    by = stage.asked_name if stage.teacher is not None else "rules"
    model = next((run.draft.model for run in runs if run.draft is not None and run.draft.model), "")
    return StoryEntry(
        at=max((end for end in ends if end is not None), default=None) if all(ends) else None,
        title=f"{StageKind(stage.kind).label}: {stage.name}",
        note=" ".join(dict.fromkeys([*reasons, NOT_ASKED] if is_left else reasons)),
        by=f"{by} ({model})" if model and model != by else by,
        cost_usd=sum((run.cost_usd for run in runs), Decimal(0)) if stage.teacher is not None else None,
        seconds=sum(took) if took else None,
        lines=[line for run in runs for line in _lines(run)],
    )


def _is_claim(run: StageRun) -> bool:
    return isinstance(run.output.get(CLAIM), dict)


def _lines(run: StageRun) -> Iterator[StoryLine]:
    if _is_claim(run):
        state = StageState(run.state)
        verdict = {StageState.PASSED: "supported", StageState.STOPPED: "not supported"}.get(state, state.label)
        yield _claim(run.output[CLAIM], verdict, LOOKS[state], run.reason)
        return
    for name, value in run.output.items():
        if isinstance(value, list) and any(isinstance(each, dict) for each in value):
            yield from (_claim(each) for each in value if isinstance(each, dict))
        elif value not in (None, "", []):
            yield StoryLine(f"{name}: {', '.join(map(str, value)) if isinstance(value, list) else value}")


def _claim(claim: dict[str, Any], verdict: str = "", look: str = "", why: str = "") -> StoryLine:
    """Read a claim as its task calls its parts: quote and address by name, the first other part is what it says."""
    others = [str(value) for name, value in claim.items() if name not in ("quote", "url") and value]
    return StoryLine(" · ".join(others), str(claim.get("quote") or ""), str(claim.get("url") or ""), verdict, look, why)


def _written(mail: Message, decisions: dict[UUID, list[Decision]]) -> Iterator[StoryEntry]:
    draft = mail.draft
    if draft is None:
        return
    marks = f"marks of its checks: {draft.marks_count}" if draft.marks_count else "no check marks it"
    yield StoryEntry(
        draft.created_at,
        f"Mail {mail.step.number} written",
        note=marks,
        url=reverse("review:draft", args=[draft.task.slug, draft.pk]),
        by=draft.model or draft.teacher,
        cost_usd=draft.cost_usd,
        seconds=draft.latency_s or None,
    )
    for decision in decisions.get(draft.pk, ()):
        title = f"Decision: {decision.get_verdict_display()}"
        yield StoryEntry(decision.created_at, title, by=decision.reviewer.name, seconds=decision.seconds or None)


def _outcome(mail: Message) -> Iterator[StoryEntry]:
    if mail.approved_at is not None:
        yield StoryEntry(mail.approved_at, "Approved", by=mail.approved_by.name if mail.approved_by else "")
    if mail.sent_at is not None:
        yield StoryEntry(mail.sent_at, "Sent", url=reverse("campaigns:mail", args=[mail.campaign.slug, mail.pk]))
    elif mail.state in (MessageState.STOPPED, MessageState.FAILED):
        why = mail.get_stop_reason_display() if mail.stop_reason else ""
        note = " – ".join(part for part in (why, mail.problem) if part)
        yield StoryEntry(mail.updated_at, MessageState(mail.state).label, note=note)
    else:
        yield StoryEntry(None, MessageState(mail.state).label)


def _events(events: Iterable[Event]) -> Iterator[StoryEntry]:
    for event in events:
        if event.kind == EventKind.SENT:
            # The mail says that itself.
            continue
        reply = getattr(event, "reply", None)
        lines = [StoryLine(reply.text)] if reply is not None and reply.text else []
        yield StoryEntry(
            event.occurred_at,
            event.get_kind_display(),
            note=(reply.get_meaning_display() or "Not classified yet") if reply is not None else "",
            by=reply.meant_by if reply is not None else "a mail scanner" if event.is_machine else "",
            lines=lines,
        )
