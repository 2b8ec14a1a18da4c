"""The usual pipeline, filled from the tasks there are: research, a check of its claims, and the mail from what stands."""

from __future__ import annotations

from campaigns.pipelines.board import filled
from campaigns.pipelines.offers import Offers
from campaigns.pipelines.stage_drafts import StageDraft
from campaigns.states import ReplyClass, StageKind
from review.models import Task

# How many labels a task shares with the classes of replies before it is taken for one that sorts them.
SHARED_LABELS = 3


def usual_stages(offers: Offers) -> list[StageDraft]:
    """The stages to start from: only those for which there is a task, and the one that writes."""
    research = _first(offers, StageKind.RESEARCH)
    stages = []
    if research:
        stages.append(StageDraft(StageKind.RESEARCH, "research", task=research))
        # Without a task that checks claims, rules do.
        stages.append(StageDraft(StageKind.VERIFY, "claims", task=_first(offers, StageKind.VERIFY)))
    return filled([*stages, StageDraft(StageKind.WRITE, "write", task=offers.mail.slug)], offers)


def _first(offers: Offers, kind: StageKind) -> str:
    """Prefer the first task of a kind with a model that can be asked, else the first; empty where there is none."""
    slugs = [task.slug for task in offers.tasks_for(kind) if task.pk != offers.mail.pk]
    ready = [slug for slug in slugs if any(line.can_be_asked for line in offers.models_for(slug))]
    return next(iter([*ready, *slugs]), "")


def reply_sorter(offers: Offers) -> Task | None:
    """The task that sorts replies: the one whose labels are the classes of replies."""
    for version in offers.versions.values():
        for field in version.spec.output_schema:
            if len({label.name for label in field.labels} & set(ReplyClass.values)) >= SHARED_LABELS:
                return version.task
    return None
