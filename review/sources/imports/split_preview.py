"""Preview of the splits that a file's records would get, and of what so many test records can show. Writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from review.models import Record, Task
from review.sources.imports.company_splits import CompanyNaming, CompanySplits
from review.sources.imports.read_rows import ReadRow
from review.sources.imports.record_import import growing_chunks, hashed
from review.sources.imports.result import RowTally
from review.spec.task_spec import TaskSpec
from review.states import Split
from stats.intervals.shares import FEW, ShareInterval, clopper_pearson, wilson

# Rows that a page shows, and how much of each.
SHOWN, FACT_CHARS = 50, 120
# A share that many tasks come near; what its interval looks like is said for it.
EXAMPLE_SHARE = 0.8


@dataclass(frozen=True)
class PlannedRow:
    """Split of one new record, before it comes in.

    Attributes:
        facts: The beginning of its facts, as a text.
        group: The name of its group as written; empty where it stands for itself.
    """

    number: int
    facts: str
    group: str
    split: str


@dataclass(frozen=True)
class SplitPlan:
    """Records by split.

    Attributes:
        added: Those that this file would add.
        there: Those that the task has.
        groups: Groups of those that this file would add.
        rows: The first of these.
    """

    added: dict[str, int]
    there: dict[str, int]
    groups: int = 0
    rows: tuple[PlannedRow, ...] = ()

    @property
    def filled(self) -> set[str]:
        return {split for counts in (self.added, self.there) for split, count in counts.items() if count}

    @property
    def test(self) -> int:
        return self.added.get(Split.TEST, 0) + self.there.get(Split.TEST, 0)

    @property
    def lines(self) -> list[tuple[str, int, int]]:
        """Name, records of this file, and records after it, of each split."""
        return [
            (label, self.added.get(split, 0), self.added.get(split, 0) + self.there.get(split, 0))
            for split, label in Split.choices
        ]

    @property
    def is_small(self) -> bool:
        return self.test < FEW

    @property
    def interval(self) -> ShareInterval | None:
        """Interval of the true share, at 95 %, if 80 % of the test records pass; None without test records."""
        return clopper_pearson(EXAMPLE_SHARE * self.test, self.test) if self.test else None

    @property
    def interval_of_enough(self) -> ShareInterval:
        """The same with as many as show something."""
        return wilson(EXAMPLE_SHARE * FEW, FEW)


def plan(task: Task, spec: TaskSpec, companies: CompanySplits, rows: Iterable[ReadRow], tally: RowTally) -> SplitPlan:
    """Count the new records of good rows by the side they would stand on.

    Args:
        companies: The sides known so far; changed as an import would change it.
        tally: Gets the rows that no side takes.
    """
    naming, digests_so_far, added = CompanyNaming(spec), set[str](), Counter[str]()
    groups, shown = set[str](), list[PlannedRow]()
    # In the steps in which an import takes them in, so that lots fall alike.
    for chunk in growing_chunks(hashed(rows, tally)):
        digests = [read.digest for read in chunk]
        digests_so_far |= set(
            Record.objects.filter(task=task, content_hash__in=digests).values_list("content_hash", flat=True)
        )
        fresh = []
        for read in chunk:
            if read.digest in digests_so_far:
                tally.known += 1
            else:
                fresh.append((read, naming.company(read.row.facts, read.digest)))
                digests_so_far.add(read.digest)
        companies.learn(company for _, company in fresh)
        for read, company in fresh:
            try:
                side = companies.side_of(company, read.row.split)
            except ValueError as error:
                tally.refuse(read.row.number, str(error))
                continue
            added[side] += 1
            groups.add(company.group)
            if len(shown) < SHOWN:
                facts = " · ".join(str(value) for value in read.row.facts.values())
                shown.append(PlannedRow(read.row.number, facts[:FACT_CHARS], naming.written(read.row.facts), side))
    return SplitPlan(dict(added), dict(_there(task)), len(groups), tuple(shown))


def _there(task: Task) -> Iterator[tuple[str, int]]:
    for split in Split.values:
        yield split, Record.objects.filter(task=task, split=split).count()
