"""Sorting of replies, the stage that follows a pipeline's last: how many came, who sorted them, how well and how fast."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db.models import Count

from campaigns.models import Arm, Campaign, Reply
from campaigns.pipelines.stage_quality import StageQuality
from campaigns.replies import word_sorter
from campaigns.replies.sorting import RULES
from stats.intervals.shares import wilson
from web.errors import Refusal
from web.templatetags.figures import percent


@dataclass(frozen=True)
class SortedReplies:
    """Replies to the mails of a pipeline.

    Attributes:
        settled: Sorted without a person.
        sorters: Rules, models and members that said what replies mean, the most frequent first.
        quality: Of the shipped sorter, where it sorted any.
        seconds: Time of one reply, of the shipped sorter.
    """

    replies: int
    settled: int
    sorters: list[str]
    quality: StageQuality | None = None
    seconds: float | None = None

    @property
    def share(self) -> float | None:
        return self.settled / self.replies if self.replies else None


def by_version(campaign: Campaign, arms: Sequence[Arm]) -> dict[UUID, SortedReplies]:
    """Sorted replies by the pipeline version of these arms; one query."""
    columns = ("message__arm__pipeline", "meant_by", "is_unsure")
    rows = Reply.objects.filter(message__campaign=campaign, message__arm__in=arms).order_by().values_list(*columns)
    sorters: dict[UUID, Counter[str]] = {arm.pipeline_id: Counter() for arm in arms if arm.pipeline_id is not None}
    settled: Counter[UUID] = Counter()
    for version, sorter, is_unsure, count in rows.annotate(count=Count("pk")):
        sorters[version][sorter] += count
        settled[version] += 0 if is_unsure else count
    return {version: _sorted(counts, settled[version]) for version, counts in sorters.items()}


def _sorted(counts: Counter[str], settled: int) -> SortedReplies:
    names = ["Rules" if name == RULES else name for name, _ in counts.most_common() if name]
    try:
        held_out = word_sorter.header(settings.REPLY_SORTER_DIR).held_out if word_sorter.NAME in counts else None
    except Refusal:
        held_out = None
    if held_out is None:
        return SortedReplies(counts.total(), settled, names)
    ends = wilson(held_out.right, held_out.replies)
    quality = StageQuality(
        "Meaning is right",
        percent(held_out.right / held_out.replies),
        f"{percent(ends.low)} to {percent(ends.high)}",
        held_out.replies,
        "another hand's",
        "",
    )
    return SortedReplies(counts.total(), settled, names, quality, held_out.seconds)
