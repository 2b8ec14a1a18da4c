"""Pages of arenas: a task's, one with its result, the form that opens one, and the desk where experts vote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from evaluation.arena import cast_vote, open_arena, presentation, queries, rule
from evaluation.arena.open_arena import LEAST_VOTES, MOST_SYSTEMS, MOST_VOTES, USUAL_VOTES
from evaluation.evaluations.queries import evaluation_or_404, system_labels
from members.session import member_of
from review.states import Role
from review.tasks.permissions import may, require, task_or_404
from training.runs import queries as run_selectors
from web.db.keys import uuid_or_none
from web.errors import Refusal
from web.http.form_errors import submit
from web.http.htmx import is_htmx, shown_status
from web.http.pagination import numbered_page

if TYPE_CHECKING:
    from evaluation.models import Arena, Evaluation
    from members.models import Member

SAID = {
    "left": "Left is better.",
    "right": "Right is better.",
    "tie": "A tie.",
    "both_bad": "Both are bad.",
    "retract": "Taken back.",
}


@require_safe
def index(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug)
    page = numbered_page(queries.visible(member, task=task), request.GET.get("page"))
    context = {
        "task": task,
        "section": "evaluation",
        "page": page,
        "arenas": [
            (arena, presentation.names_of(arena) if queries.may_see_result(member, arena) else []) for arena in page
        ],
        "may_vote": may(member, task, Role.REVIEWER),
    }
    return render(request, "evaluation/arenas.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, evaluation_id: UUID) -> HttpResponse:
    member = member_of(request)
    evaluation = evaluation_or_404(member, evaluation_id)
    require(member, evaluation.task, Role.LEAD)
    labels = system_labels(evaluation, queries.comparable(evaluation))
    form = ArenaForm(request.POST or None, labels=labels, initial={"systems": queries.teacher_and_own(evaluation)})
    if request.method == "POST":
        arena, _ = submit(form, lambda values: open_arena.open_arena(evaluation, by=member, **values))
        if arena:
            return redirect("evaluation:arena", arena.pk)
    most = min(max(2, len(labels)), open_arena.MOST_SYSTEMS)
    context = {
        "task": evaluation.task,
        "section": "evaluation",
        "evaluation": evaluation,
        "form": form,
        "needs": rule.needs(most),
        "most_systems": most,
        "counted": rule.COUNTED,
        "records": len(evaluation.record_ids),
        "outlook": rule.outlook(2, min(open_arena.USUAL_VOTES, len(evaluation.record_ids))),
    }
    return render(request, "evaluation/arena_new.html", context, status=422 if form.errors else 200)


@require_POST
def compare_blind(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Open an arena of a run and its teacher; where one is open, go there."""
    member = member_of(request)
    run = run_selectors.run_or_404(member, run_id)
    require(member, run.task, Role.LEAD)
    evaluation = queries.evaluated(run)
    if evaluation is None:
        messages.error(request, "No evaluation has answers of this run and of its teacher. Evaluate it first.")
        return redirect("evaluation:list", run.task.slug)
    standing = _open_of(evaluation)
    if standing is not None:
        return redirect("evaluation:arena", standing.pk)
    try:
        arena = open_arena.open_arena(evaluation, by=member)
    except Refusal as refusal:
        messages.error(request, f"{refusal.message} {refusal.hint}")
        return redirect("evaluation:detail", evaluation.pk)
    return redirect("evaluation:arena", arena.pk)


def _open_of(evaluation: Evaluation) -> Arena | None:
    names = set(queries.teacher_and_own(evaluation) or ())
    arenas = queries.open_arenas(evaluation.task).filter(evaluation=evaluation)
    return next((arena for arena in arenas if set(arena.systems) == names), None)


@require_safe
def detail(request: HttpRequest, arena_id: UUID) -> HttpResponse:
    member = member_of(request)
    arena = queries.arena_or_404(member, arena_id)
    may_look = queries.may_see_result(member, arena)
    context: dict[str, Any] = {
        "task": arena.task,
        "section": "evaluation",
        "arena": arena,
        "may_look": may_look,
        "may_vote": may(member, arena.task, Role.REVIEWER),
        "may_lead": may(member, arena.task, Role.LEAD),
        "progress": presentation.progress(arena),
    }
    if may_look:
        voted = context["progress"]["most"] // max(1, len(arena.systems) * (len(arena.systems) - 1) // 2)
        names = presentation.names_of(arena)
        context |= {
            "names": names,
            "result": presentation.result_of(arena, names),
            "tables": presentation.segment_tables(arena),
            "outlook": rule.outlook(len(arena.systems), voted) if voted else None,
            "error": 100 * rule.ERROR,
        }
    return render(request, "evaluation/arena.html", context)


@require_POST
def close(request: HttpRequest, arena_id: UUID) -> HttpResponse:
    member = member_of(request)
    open_arena.close(queries.arena_or_404(member, arena_id).pk, by=member)
    return redirect("evaluation:arena", arena_id)


@require_http_methods(["GET", "HEAD", "POST"])
def vote(request: HttpRequest, arena_id: UUID) -> HttpResponse:
    member = member_of(request)
    arena = queries.arena_or_404(member, arena_id)
    require(member, arena.task, Role.REVIEWER)
    refusal, message, pair_id = None, "", None
    if request.method == "POST":
        try:
            outcome = _carry_out(request.POST, arena, member)
        except Refusal as error:
            refusal = error
            # It may have been closed meanwhile: no pair is shown then.
            arena = queries.arena_or_404(member, arena_id)
        else:
            message = SAID[outcome.vote.verdict]
            pair_id = outcome.vote.pair_id if outcome.vote.retracts_id else None
            arena = queries.arena_or_404(member, arena_id)
            if not is_htmx(request):
                return redirect(reverse("evaluation:arena-vote", args=[arena_id]))
    context = {
        "task": arena.task,
        "section": "review",
        "arena": arena,
        "pair": queries.next_pair(arena, member, first=pair_id),
        "vote_id": uuid4(),
        "can_undo": arena.is_open and queries.last_vote(arena, member) is not None,
        "mine": queries.standing_votes(arena).filter(voter=member).count(),
        "refusal": refusal,
        "said": message,
    }
    template = "evaluation/_arena_pair.html" if is_htmx(request) else "evaluation/arena_vote.html"
    return render(request, template, context, status=shown_status(request, refusal))


def _carry_out(post: QueryDict, arena: Arena, member: Member) -> cast_vote.VoteOutcome:
    id = uuid_or_none(post.get("id", ""))
    if id is None:
        raise Refusal("no_vote", "The form names no vote.", hint="Reload the page.")
    if post.get("do") == "undo":
        last = queries.last_vote(arena, member)
        if last is None:
            raise Refusal("nothing_to_undo", "There is nothing to undo.", hint="You have not voted here yet.")
        return cast_vote.take_back(last, by=member, id=id)
    pair, verdict = uuid_or_none(post.get("pair", "")), post.get("verdict", "")
    if pair is None or not verdict:
        raise Refusal("nothing_voted", "Nothing was chosen.", hint="Press 1, 2, 0 or B.")
    return cast_vote.vote(
        queries.pair_or_404(arena, pair),
        by=member,
        id=id,
        verdict=verdict,
        seconds=_seconds(post.get("seconds", "")),
    )


def _seconds(text: str) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0


class ArenaForm(forms.Form):
    systems = forms.MultipleChoiceField(label="Systems", widget=forms.CheckboxSelectMultiple)
    most_votes = forms.IntegerField(
        label="Votes for each two systems, at most", min_value=LEAST_VOTES, max_value=MOST_VOTES, initial=USUAL_VOTES
    )

    def __init__(self, *args: object, labels: dict[str, str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["systems"].choices = list(labels.items())  # type: ignore[attr-defined]

    def clean_systems(self) -> list[str]:
        chosen = self.cleaned_data["systems"]
        if not 2 <= len(chosen) <= MOST_SYSTEMS:
            raise forms.ValidationError(f"Choose two to {MOST_SYSTEMS} systems.")
        return [name for name, _ in self.fields["systems"].choices if name in chosen]  # type: ignore[attr-defined]
