"""The loop of one task as numbers, and what to do next.

Records, drafts, judged, accepted, versions, runs, miniatures, campaigns.

Read-only queries over all rooms; callers check access first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from campaigns.models import Campaign
from miniatures_site.frame.navigation import optional_url
from review.models import DatasetVersion, Draft, Gold, Record, Task
from review.spec.output_format import is_mail
from review.states import POSITIVE, DraftState
from review.tasks.queries import latest_version
from training.models import Miniature, TrainingRun
from training.states import RunPurpose

# A student tuned on fewer learns the form and little else.
ENOUGH_ACCEPTED = 30
ACCEPTED = "Accepted"


@dataclass(frozen=True, slots=True)
class PipelineStage:
    """One station of the loop.

    Attributes:
        act: What fills the station when it is empty, as a button says it.
        why: One sentence for a station that is empty.
    """

    label: str
    count: int
    url: str | None
    act: str
    why: str


def stages_of(task: Task) -> list[PipelineStage]:
    """The stations of a task in the order of the loop."""
    judged = (DraftState.DECIDED, DraftState.DISPUTED)
    drafts = Draft.objects.filter(task=task).exclude(state=DraftState.KEPT)
    frozen = DatasetVersion.objects.filter(dataset__task=task, frozen_at__isnull=False)
    stage_rows: tuple[tuple[str, QuerySet[Any], str, str, str], ...] = (
        (
            "Records",
            Record.objects.filter(source__task=task),
            "review:sources",
            "Import records",
            "Records are what drafts are written about: one row a prospect, with its facts.",
        ),
        (
            "Drafts",
            drafts,
            "generation:list",
            "Launch generation",
            "A teacher writes drafts for the records, at a price you see first.",
        ),
        (
            "Judged",
            drafts.filter(state__in=judged),
            "review:focus",
            "Judge drafts",
            "An expert accepts, edits or rejects each draft in seconds.",
        ),
        (
            ACCEPTED,
            Gold.objects.filter(task=task, verdict__in=POSITIVE),
            "review:desk-list",
            "Judge drafts",
            "Texts that experts accepted or edited are what a student learns from.",
        ),
        (
            "Dataset versions",
            frozen,
            "review:datasets",
            "Freeze version 1",
            "A frozen version never changes, so a run can name what it learnt from.",
        ),
        (
            "Runs",
            TrainingRun.objects.filter(task=task, purpose=RunPurpose.MINIATURE),
            "training:list",
            "Launch a run",
            "A run tunes a small student on one frozen version.",
        ),
        (
            "Miniatures",
            Miniature.objects.filter(task=task, run__purpose=RunPurpose.MINIATURE),
            "training:miniatures",
            "See the runs",
            "A run that ends well leaves a miniature: a model you own.",
        ),
    )
    if is_mail(latest_version(task).spec):
        stage_rows = (
            *stage_rows,
            (
                "Campaigns",
                Campaign.objects.filter(task=task),
                "campaigns:list",
                "Make a campaign",
                "A campaign puts a miniature to work, and an experiment in it shows whether readers notice.",
            ),
        )
    return [
        PipelineStage(label, rows.count(), optional_url(name, task.slug), act, why)
        for label, rows, name, act, why in stage_rows
    ]


def next_stage(stations: Iterable[PipelineStage]) -> PipelineStage | None:
    """The first empty station, or the accepted drafts while there are too few; nothing when the loop is closed."""
    for step in stations:
        if step.count == 0 or (step.label == ACCEPTED and step.count < ENOUGH_ACCEPTED):
            return step
    return None
