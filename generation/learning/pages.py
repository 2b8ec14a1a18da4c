"""Lessons of rejections for a task: the page that asks, and the proposal that a lead accepts, changes or dismisses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from generation.learning import proposals
from generation.learning import queries as selectors
from generation.learning.evidence import DEFAULT_DECISIONS, MAX_DECISIONS
from generation.learning.proposals import Basis
from generation.learning.queries import ShownChange
from generation.states import ProposalState
from generation.teachers import queries as teacher_selectors
from generation.teachers.pages import teacher_price_part
from generation.teachers.queries import TeacherLine, choices_of
from members.session import member_of
from review.states import Role
from review.tasks.permissions import task_or_404
from web.errors import Refusal
from web.http.form_choices import set_choices
from web.http.form_errors import submit

if TYPE_CHECKING:
    from generation.models import TaskProposal
    from members.models import Member
    from review.models import Task


class LearnForm(forms.Form):
    basis = forms.ChoiceField(
        label="Made from",
        required=False,
        choices=[
            (Basis.DECISIONS, "what reviewers rejected and edited"),
            (Basis.EXAMPLES, "rows of the task, as a first wording"),
        ],
        help_text="Of rows, a teacher reads up to twenty, with the answers that came with them.",
    )
    teacher = forms.ChoiceField(
        label="Proposed by",
        required=False,
        help_text="Counting is free and finds what several decisions share. "
        "A teacher reads some of them and can find more.",
    )
    look_at = forms.IntegerField(
        label="Latest decisions",
        min_value=5,
        max_value=MAX_DECISIONS,
        initial=DEFAULT_DECISIONS,
        help_text="From the training split only; held-out records are not used.",
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, lines: Sequence[TeacherLine], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        teachers = choices_of(line for line in lines if line.can_be_asked_anything)
        set_choices(self, "teacher", [("", "No teacher: count locally"), *teachers])


def edited_changes(data: Mapping[str, str], count: int) -> dict[int, str | None]:
    """Typed values by number of the change, or None where its box is not ticked."""
    return {
        number: data.get(f"change.{number}.value", "").replace("\r\n", "\n") if f"change.{number}.on" in data else None
        for number in range(count)
    }


def as_posted(changes: Sequence[ShownChange], data: Mapping[str, str]) -> list[ShownChange]:
    """Changes as a form that was refused, or rebased, left them: with its wordings and ticks."""
    return [
        replace(change, value=data[value], is_on=f"change.{change.number}.on" in data)
        if (value := f"change.{change.number}.value") in data
        else change
        for change in changes
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def learn(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug, least=Role.LEAD)
    initial = {"basis": _basis(request.GET.get("basis", ""))}
    form = LearnForm(request.POST or None, lines=teacher_selectors.lines(member), initial=initial)
    status = 200
    if request.method == "POST":
        proposal, status = submit(form, lambda values: _propose(member, task, values))
        if proposal is not None:
            return redirect("generation:proposal", proposal.pk)
    proposals_of_task = selectors.of_task(member, task)[: selectors.LISTED]
    context = {"task": task, "section": "task", "form": form, "proposals": proposals_of_task}
    return render(request, "generation/learn.html", context, status=status)


@require_safe
def price(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug, least=Role.LEAD)
    price_of = partial(proposals.price, task, by=member, basis=_basis(request.GET.get("basis", "")))
    return teacher_price_part(
        request, "generation/_learn_price.html", task, lambda teacher: {"estimate": price_of(teacher=teacher)}
    )


@require_http_methods(["GET", "HEAD", "POST"])
def proposal(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    member = member_of(request)
    task_proposal, refusal = selectors.get(member, proposal_id), None
    if request.method == "POST":
        try:
            if address := _apply_verb(request, task_proposal):
                return redirect(address)
        except Refusal as error:
            refusal = error
        task_proposal = selectors.get(member, proposal_id)
    shown = selectors.show(task_proposal)
    context = {
        "task": task_proposal.task,
        "section": "task",
        "proposal": task_proposal,
        "shown": shown,
        "changes": as_posted(shown.changes, request.POST)
        if task_proposal.state == ProposalState.OPEN
        else shown.changes,
        "refusal": refusal,
    }
    return render(request, "generation/proposal.html", context, status=refusal.status if refusal else 200)


def _basis(value: str) -> Basis:
    return Basis.EXAMPLES if value == Basis.EXAMPLES else Basis.DECISIONS


def _propose(member: Member, task: Task, values: dict[str, Any]) -> TaskProposal:
    teacher = teacher_selectors.teacher_or_404(member, values["teacher"]) if values["teacher"] else None
    basis = _basis(values["basis"])
    return proposals.propose(task, by=member, teacher=teacher, look_at=values["look_at"], basis=basis)


def _apply_verb(request: HttpRequest, proposal: TaskProposal) -> str:
    """Do what was pressed, and return the address to go to; none after a rebase, whose wordings stay on the page."""
    member, verb = member_of(request), request.POST.get("verb", "")
    if verb == "accept":
        made = proposals.accept(proposal, by=member, edited=edited_changes(request.POST, len(proposal.changes)))
        messages.success(request, f"Version {made.number} is saved. New drafts will use it.")
        return reverse("review:diff", args=[proposal.task.slug, proposal.base_version.number, made.number])
    if verb == "rebase":
        proposals.rebase(proposal, by=member)
        messages.success(request, "Its changes are rebased on the latest version: review them again.")
        return ""
    if verb != "dismiss":
        raise Refusal("verb", "Accept, rebase or dismiss it.")
    proposals.dismiss(proposal, by=member)
    messages.success(request, "The proposal is dismissed; the task is unchanged.")
    return reverse("generation:learn", args=[proposal.task.slug])
