"""Which golds a version would hold, and why the others are left out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from review import near_duplicates
from review.dataset_filters import DatasetFilters
from review.models import Task
from review.selectors import datasets as golds


@dataclass
class Selection:
    """Outcome of looking through the golds once.

    `kept` holds decision ids in order (decisions never change, so that a second pass reads the same text);
    `dropped` counts reasons.
    """

    kept: list[str] = field(default_factory=list)
    by_split: Counter[str] = field(default_factory=Counter)
    by_verdict: Counter[str] = field(default_factory=Counter)
    teachers: Counter[str] = field(default_factory=Counter)
    origins: Counter[str] = field(default_factory=Counter)
    reviewers: Counter[str] = field(default_factory=Counter)
    groups: set[str] = field(default_factory=set)
    dropped: Counter[str] = field(default_factory=Counter)
    looked_at: int = 0

    @property
    def verdicts(self) -> list[tuple[str, int]]:
        """Rows by verdict. A template cannot loop over a Counter, which has every key, `items` too."""
        return sorted(self.by_verdict.items())


def select(task: Task, filters: DatasetFilters) -> Selection:
    """Look through the golds that match and take out near-duplicates.

    Memory holds the texts' shingles, not their rows. Rejected drafts (chosen by filter) are kept for `raw` and take no
    part in the search for duplicates.
    """
    selection = Selection()
    drafts = [
        (gold.decision_id, gold.split, gold.text if gold.is_positive else "", gold.verdict, gold.teacher, gold.origin,
         gold.reviewer, gold.group)
        for gold in golds.judged_drafts(golds.golds_of(task, filters))
    ]  # fmt: skip
    selection.looked_at = len(drafts)
    near = near_duplicates.pairs([row[2] for row in drafts])
    out = near_duplicates.verdicts([row[1] for row in drafts], near)
    for index, (decision, split, _, verdict, teacher, origin, reviewer, group) in enumerate(drafts):
        if reason := out.get(index):
            selection.dropped[reason] += 1
            continue
        selection.kept.append(decision)
        selection.by_split[split] += 1
        selection.by_verdict[verdict] += 1
        selection.teachers[teacher or "(none)"] += 1
        selection.origins[origin] += 1
        selection.reviewers[reviewer] += 1
        selection.groups.add(group)
    return selection
