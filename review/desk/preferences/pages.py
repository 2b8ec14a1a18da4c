"""The page on which an expert chooses the best of several drafts; a form that works without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from members.models import Member
from members.session import member_of
from review.desk import lead_queue
from review.desk.preferences import lineups, queries, record_preference
from review.desk.preferences.record_preference import PreferenceOutcome
from review.states import Role
from review.tasks.permissions import task_or_404
from web.db.keys import uuid_or_none
from web.errors import Refusal
from web.http.htmx import is_htmx, shown_status

if TYPE_CHECKING:
    from review.models import Task

UNDONE = gettext_noop("Taken back: all drafts of this record are on the desk again.")


@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug, least=Role.REVIEWER)
    refusal, record_id, words = None, uuid_or_none(request.GET.get("record", "")), ""
    if request.method == "POST":
        try:
            outcome, words = _carry_out(request.POST, member, task)
        except Refusal as error:
            refusal, record_id = error, uuid_or_none(request.POST.get("record", ""))
        else:
            if request.POST.get("then") == "edit" and outcome.preference.chosen_id:
                return _to_the_desk(request, slug, outcome.preference.chosen_id)
            record_id = outcome.preference.record_id if outcome.preference.retracts_id else None
            if not is_htmx(request):
                messages.success(request, words)
                query = f"?record={record_id}" if record_id else ""
                return redirect(f"{reverse('review:choose', args=[slug])}{query}")
    context = {**_context(member, task, record_id), "refusal": refusal, "said": words}
    if refusal and context["lineup"] and context["lineup"].record.pk == record_id:
        context["note"] = request.POST.get("note", "")
    template = "review/choose/_lineup.html" if is_htmx(request) else "review/choose/page.html"
    return render(request, template, context, status=shown_status(request, refusal))


def _carry_out(post: QueryDict, member: Member, task: Task) -> tuple[PreferenceOutcome, str]:
    id = uuid_or_none(post.get("id", ""))
    if id is None:
        raise Refusal("no_preference", "The form names no preference.", hint="Reload the page.")
    if post.get("do") == "undo":
        last = queries.last_of(member, task)
        if last is None:
            raise Refusal("nothing_to_undo", "There is nothing to undo.", hint="You have chosen nothing yet.")
        return record_preference.take_back(last.pk, by=member, id=id), _(UNDONE)
    shown = [UUID(text) for text in post.getlist("shown") if uuid_or_none(text)]
    record = uuid_or_none(post.get("record", ""))
    best = post.get("best", "")
    if record is None or not best:
        raise Refusal("nothing_chosen", "Nothing was chosen.", hint="Press the number of the best draft, or 0.")
    outcome = record_preference.choose(
        task,
        by=member,
        id=id,
        record_id=record,
        shown=shown,
        chosen=uuid_or_none(best),
        seconds=_seconds(post.get("seconds", "")),
        note=post.get("note", ""),
    )
    place = shown.index(outcome.preference.chosen_id) + 1 if outcome.preference.chosen_id in shown else 0
    if place:
        return outcome, _("Draft %(number)s chosen. It comes next on your desk; Z takes it back.") % {"number": place}
    return outcome, _("None is better: all stay in the queue. Z takes it back.")


def _seconds(text: str) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0


def _to_the_desk(request: HttpRequest, slug: str, draft: UUID) -> HttpResponse:
    address = f"{reverse('review:focus', args=[slug])}?card={draft}&edit=1"
    return HttpResponseClientRedirect(address) if is_htmx(request) else redirect(address)


def _context(member: Member, task: Task, record_id: UUID | None) -> dict[str, Any]:
    lineup = lineups.lineup_of_record(member, task, record_id) if record_id else None
    lineup = lineup or lineups.next_lineup(member, task)
    cards = lineup.cards(member) if lineup else []
    return {
        **lead_queue.tabs(member, task),
        "lineup": lineup,
        "cards": cards,
        "preference_id": uuid4(),
        "can_undo": queries.last_of(member, task) is not None,
    }
