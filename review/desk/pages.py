"""Pages of the desk: the focus page, one draft and its text, and a member's own decisions."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from members.models import Member
from members.session import member_of
from review.desk import decisions, desk_keys, focus, forms, lead_queue, scope, verdict_fit
from review.desk import deck as desk_deck
from review.desk.cards import assembly
from review.desk.decisions import queries as decisions_queries
from review.desk.pace import Pace
from review.drafts import queries, sent_mails
from review.drafts.authorship import visible_to
from review.ports import DeskScope
from review.spec.fact_lines import parted
from review.spec.paths import text_at
from review.spec.schema import Fields
from review.states import JUDGED, Role, Verdict
from review.tasks.permissions import may, role_of, task_or_404
from review.text.grounding.passages import offer_lines, written
from web import zones
from web.db import keyset
from web.db.keys import uuid_or_none
from web.errors import Refusal
from web.language.sentences import in_language
from web.templatetags import figures

if TYPE_CHECKING:
    from review.models import Task

A_DAY_S = 86_400


def pace_line(now: Pace, *, zone: str = zones.UTC_NAME) -> str:
    """`44 today · 12 of your 56 left · 25 s a card · done by 15:40`, as far as it is known."""
    words = [_("%(count)s today") % {"count": figures.fixed(now.today, 0)}] if now.today else []
    left = figures.fixed(now.left, 0) + ("+" if now.is_more else "")
    if now.today and not now.is_more:
        words.append(_("%(left)s of your %(all)s left") % {"left": left, "all": figures.fixed(now.left + now.today, 0)})
    else:
        words.append(_("%(count)s left") % {"count": left})
    if now.seconds_per_card:
        words.append(_("%(seconds)s s a card") % {"seconds": f"{now.seconds_per_card:.0f}"})
    if now.remaining_s and now.left and now.remaining_s < A_DAY_S:
        done = (timezone.now() + timedelta(seconds=now.remaining_s)).astimezone(ZoneInfo(zone))
        words.append(_("done by %(clock)s") % {"clock": f"{done:%H:%M}"})
    return " · ".join(words)


SAID = {
    "accept": gettext_noop("Accepted."),
    "edit": gettext_noop("Edit saved."),
    "reject": gettext_noop("Rejected."),
    "set_aside": gettext_noop("Set aside."),
    "undo": gettext_noop("Taken back."),
}


@require_http_methods(["GET", "HEAD", "POST"])
def focus_page(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug)
    if not may(member, task, Role.REVIEWER):
        return redirect("review:desk-list", slug)
    only = scope.scope_from(request.GET.get("only", ""), by=member, task=task)
    refusal, act, card_id = None, None, None
    if request.method == "POST":
        try:
            act = forms.read(request.POST)
            messages.success(request, _carry_out(act, member, slug))
            return redirect(request.get_full_path() if only else reverse("review:focus", args=[slug]))
        except Refusal as error:
            refusal = error
    elif (card_id := uuid_or_none(request.GET.get("card", ""))) is not None:
        refusal = _hold(member, card_id)
    deck = scope.deal(member, task, only)
    top = act.draft if act else card_id
    deck.sort(key=lambda assignment: assignment.draft_id != top)
    # Whoever opened many by their address holds more than a page should carry; the others come as these are judged.
    deck = deck[: settings.DECK_SIZE]
    if act and act.fields and deck and deck[0].draft_id == act.draft:
        deck[0].unfinished = act.fields
    status = refusal.status if refusal and request.method == "POST" else 200
    return render(request, "review/desk/focus.html", _context(request, task, deck, refusal, only), status=status)


def _carry_out(act: forms.DeskAct, member: Member, slug: str) -> str:
    if not act.verdict:
        raise Refusal("no_verdict", "Nothing was decided.", hint="Press one of the buttons.")
    if act.verdict == "set_aside":
        desk_deck.set_aside(act.draft, by=member, note=act.note, unfinished=_begun(act, member))
    elif act.verdict == "undo":
        _undo(member, slug)
    else:
        verdict, fields = _meant(act, member)
        decisions.record(
            act.draft,
            by=member,
            id=act.id,
            verdict=verdict,
            if_match=act.etag or None,
            reasons=act.reasons,
            fields=fields,
            note=act.note,
            was_hidden=act.was_hidden,
        )
        return SAID.get(verdict, "Saved.")
    return SAID.get(act.verdict, "Saved.")


def _meant(act: forms.DeskAct, member: Member) -> tuple[str, Fields | None]:
    """The verdict of a form and the fields it ends with.

    Saving an untouched editor is how a form says accept, as the desk's script does by itself; accepting with another
    value picked is an edit.
    """
    if act.verdict not in ("accept", "edit"):
        return act.verdict, None
    draft = queries.draft_or_404(member, act.draft)
    fields = act.fields if act.verdict == "edit" else {**draft.fields, **act.values}
    if act.was_hidden:
        return "edit", act.values
    is_same = verdict_fit.is_untouched(draft.task_version.spec, draft.fields, fields)
    return ("accept", None) if is_same else ("edit", fields)


def _begun(act: forms.DeskAct, member: Member) -> Fields | None:
    """The edit in the boxes of a form; None where they hold the draft's own text."""
    verdict, fields = _meant(replace(act, verdict="edit"), member)
    return fields if verdict == "edit" and not act.was_hidden else None


def _undo(member: Member, slug: str) -> None:
    history = focus.history(member, task_or_404(member, slug))
    if not history:
        raise Refusal("nothing_to_undo", "There is nothing to undo.", hint="Older decisions are under My decisions.")
    last = history[-1]
    decisions.record(
        UUID(last["draft"]),
        by=member,
        id=uuid4(),
        verdict="retract",
        retracts=UUID(last["decision"]),
        if_match=last["etag"],
    )


def _hold(member: Member, draft_id: UUID) -> Refusal | None:
    try:
        desk_deck.hold(member, queries.draft_or_404(member, draft_id).pk)
    except Refusal as error:
        return error
    return None


def _context(
    request: HttpRequest, task: Task, deck: list[Any], refusal: Refusal | None, only: DeskScope | None
) -> dict[str, Any]:
    member = member_of(request)
    keys = desk_keys.keys_of(member)
    # A browser without scripts tells no zone, and these clocks name none.
    zone = zones.name_for(request, default=settings.TIME_ZONE)
    page = focus.page(member, task, deck, keys=keys, since=zones.start_of_today(request))
    return {
        **page,
        "task": task,
        "section": "review",
        "may_lead": may(member, task, Role.LEAD),
        "refusal": refusal,
        "only": only,
        "pace_words": pace_line(page["pace"], zone=zone),
        "zone": zone,
        "lease_s": int(settings.CARD_LEASE_S),
        "key_lines": [{"action": name, "key": key, "words": desk_keys.WORDS[name]} for name, key in keys.items()],
        "fixed_keys": desk_keys.FIXED,
        "keys_on": desk_keys.are_on(member),
    }


@require_safe
def draft_page(request: HttpRequest, slug: str, draft_id: UUID) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug)
    draft = queries.draft_or_404(member, draft_id)
    context = {
        "task": task,
        "section": "review",
        "draft": draft,
        "card": assembly.card_to_read(draft, etag=desk_deck.etag_for(draft, member)),
        "line": queries.list_row(
            draft, may_review=may(member, task, Role.REVIEWER), is_told=draft.pk in visible_to(member, [draft])
        ),
        "may_exemplify": bool(draft.gold_verdict) and may(member, task, Role.LEAD),  # type: ignore[attr-defined]
        "said": [
            decisions_queries.decision_on_draft(decision) for decision in queries.decisions_on(member, draft)[:100]
        ],
        "hides_others": draft.state in JUDGED and role_of(member, task) == Role.REVIEWER,
        "may_review": may(member, task, Role.REVIEWER),
        "ruling": lead_queue.ruling_on(member, draft),
        "mails": sent_mails.of_each(member, [draft]).get(draft.pk, []),
    }
    return render(request, "review/desk/draft.html", context)


@require_safe
def decisions_page(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug)
    search, verdict = request.GET.get("q", "").strip(), request.GET.get("verdict", "")
    page = keyset.page(
        decisions_queries.decisions_of(member, task, search=search, verdict=verdict),
        cursor=request.GET.get("after", ""),
    )
    context = {
        **lead_queue.tabs(member, task),
        "page": page,
        "lines": [
            decisions_queries.decision_row(decision, desk_deck.etag_for(decision.draft, member))
            for decision in page.rows
        ],
        "mails": decisions_queries.mails_of(page.rows, member),
        "search": search,
        "verdict": verdict,
        "verdicts": [(each.value, each.label) for each in (Verdict.ACCEPT, Verdict.EDIT, Verdict.REJECT)],
    }
    return render(request, "review/desk/decisions.html", context)


@require_POST
def reopen(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task_or_404(member, slug)
    draft, decision = (
        uuid_or_none(request.POST.get("draft", "")),
        uuid_or_none(request.POST.get("decision", "")),
    )
    try:
        if draft is None or decision is None:
            raise Refusal("no_card", "The form names no card.", hint="Reload the page.")
        outcome = decisions.record(
            draft,
            by=member,
            id=uuid4(),
            verdict="retract",
            retracts=decision,
            if_match=request.POST.get("etag") or None,
        )
    except Refusal as refusal:
        messages.error(request, f"{in_language(refusal.message)} {in_language(refusal.hint)}")
        return redirect("review:decisions", slug)
    messages.success(request, "Taken back.")
    return redirect(f"/tasks/{slug}/review/?card={draft}" if outcome.deck else f"/tasks/{slug}/review/decisions/")


@require_safe
def draft_text(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """`?path=body` of the draft, or `?fact=page` of its record."""
    draft = queries.draft_or_404(member_of(request), draft_id)
    spec, path, fact = draft.task_version.spec, request.GET.get("path", ""), request.GET.get("fact", "")
    if path.split(".")[0] in {field.name for field in spec.output_schema}:
        text = text_at(draft.fields, path)
    elif fact in {field.name for field in spec.input_schema}:
        text = parted(written(draft.record.facts.get(fact)))
    elif fact:
        text = dict(offer_lines(spec.offer)).get(fact, "")
    else:
        raise Http404("There is no such text.")
    return HttpResponse(
        text,
        content_type="text/plain; charset=utf-8",
        headers={"X-Content-Type-Options": "nosniff"},
    )
