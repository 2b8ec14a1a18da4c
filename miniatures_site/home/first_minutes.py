"""A visitor's path through the demo: five acts, the outcome of each that is done, and the one that comes next.

Read-only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from django.db.models import F, Sum
from django.urls import reverse

from demo.data.tasks import MAILS, listed
from evaluation.evaluations import evidence as evidences
from evaluation.guessing import guessing
from evaluation.rounds import queries as rounds
from members.models import Member
from miniatures_site.frame.navigation import optional_url
from miniatures_site.home import claim
from review.desk import pace
from review.models import Draft, Task
from review.states import DraftState, Role
from review.tasks.permissions import may, may_ask, may_create, tasks_for
from serving.models import Usage
from training.runs.run_request import why_no_classifier

# The demo's task of labels: the quickest to tune and to ask.
LABELS: Final = "ticket-routing"
CARDS: Final = 5


@dataclass(frozen=True, slots=True)
class Act:
    """One of the five acts that show a visitor of the demo what the product does.

    Attributes:
        outcome: What it came to, once it is done.
        is_button: Whether one press does it, by a POST to its address.
        is_next: Whether it is the first that is not done.
    """

    label: str
    minutes: str
    about: str
    url: str | None
    outcome: str = ""
    is_button: bool = False
    is_next: bool = False


def acts_of(member: Member, task: Task, evidence: claim.Claim | None) -> list[Act]:
    """The five acts of a visitor, those without a page left out, and those that the member's role refuses.

    Args:
        task: The task in hand.
        evidence: The task's own claim; the blind pairs are of another task of the demo where its answers are no prose.
    """
    by_slug = {each.slug: each for each in tasks_for(member).filter(slug__in=[each.slug for each in listed()])}
    trained = by_slug.get(LABELS, task)
    # One task for all acts where it has cards; else the cards are another task's.
    with_cards = list(dict.fromkeys((trained, task, by_slug.get(MAILS, task))))
    waiting = Draft.objects.filter(state=DraftState.PENDING)
    judging = [each for each in with_cards if may(member, each, Role.REVIEWER)]
    judged = next((each for each in judging if waiting.filter(task=each).exists()), task)
    count = sum(pace.judged_by(member, each).count() for each in {task, *by_slug.values()})
    acts = (
        _guessing(member, evidence, by_slug.get(MAILS)),
        _judging(member, judged, count),
        _training(member, trained, is_other=trained != task),
        _asking(member, trained),
        _own_rows(member),
    )
    with_page = [act for act in acts if act.url]
    following = next((act for act in with_page if not act.outcome), None)
    return [replace(act, is_next=act is following) for act in with_page]


def _guessing(member: Member, evidence: claim.Claim | None, mails: Task | None) -> Act:
    """Pairs of the task in hand where its answers are prose, else of the mails."""
    first = evidence.evaluation if evidence and guessing.fits(evidence.evaluation) else None
    if first is None and mails and (of_mails := evidences.of(mails)):
        first = of_mails.evaluation
    compared = guessing.with_prose(member, first=first)
    address = reverse("evaluation:guess", args=[compared.pk]) if compared else None
    guesses = guessing.last_of(member)
    outcome = f"You chose {guesses.right} of {guesses.pairs}" if guesses else ""
    return Act("Which is the teacher?", "1 min", "Ten pairs of texts, authors hidden.", address, outcome)


def _judging(member: Member, task: Task, count: int) -> Act:
    address = optional_url("review:focus", task.slug) if may(member, task, Role.REVIEWER) else None
    about = f"{task.name}: {f'{count} of {CARDS} judged' if count else 'accept, edit or reject, by keyboard'}."
    outcome = f"{count:,} judged" if count >= CARDS else ""
    return Act("Judge five cards", "2 min", about, address, outcome)


def _training(member: Member, task: Task, *, is_other: bool) -> Act:
    """One press where the task has a classifier and the member leads it."""
    label, minutes = "Train", "2 min"
    about = f"{'Another task, ' if is_other else ''}{task.name}: a small model on what is approved."
    if why_no_classifier(task):
        return Act(label, minutes, about, optional_url("training:list", task.slug))
    address, last = optional_url("evaluation:round", task.slug), rounds.last(task)
    if last is None:
        return Act(label, minutes, about, address, is_button=may(member, task, Role.LEAD))
    return Act(label, minutes, "Training now." if last.is_under_way else about, address, last.sentence)


def _asking(member: Member, task: Task) -> Act:
    address = optional_url("serving:playground", task.slug) if may_ask(member, task) else None
    own = Usage.objects.filter(member=member, miniature__task=task)
    count = own.aggregate(answers=Sum(F("requests") - F("errors")))["answers"] or 0
    outcome = f"{count:,} answer{'' if count == 1 else 's'}" if count else ""
    about = f"{task.name}: a line of your own, and its answer."
    return Act("Ask it", "30 s", about, f"{address}?own=1&right=" if address else None, outcome)


def _own_rows(member: Member) -> Act:
    own = tasks_for(member).filter(created_by=member).exclude(slug__in=[each.slug for each in listed()]).first()
    begin = optional_url("review:own-rows") if may_create(member) else None
    address = optional_url("review:task", own.slug) if own else begin
    return Act("Use my own rows", "10 min", "From your file to your own model.", address, own.name if own else "")
