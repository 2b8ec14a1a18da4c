"""On which side of the split each company stands, known by its name and by its web domain alike.

Two rows are of one company when they share either; so are two rows that a third one ties together. A record's split
never moves, so whoever comes later joins the side of who came first. A row that ties together companies which stand on
two sides already cannot be taken in without breaking one of them, and is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from django.db.models import QuerySet

from review.models import Record, Task
from review.sources.company_domain import company_domain
from review.sources.imports.choices import AS_FOUND, ImportChoices
from review.spec.schema import Facts
from review.spec.splits import normal_group, split_of
from review.spec.task_spec import TaskSpec
from web.db.chunks import chunked

CHUNK = 500
GROUP_CHARS = 200


class Company(NamedTuple):
    """What a row says of its company: the normal form of its name, and its domain; either may be empty."""

    group: str
    domain: str


class CompanySplits:
    """The sides known so far: from records of the task, and from the rows of this import in their order."""

    def __init__(self, task: Task, choices: ImportChoices = AS_FOUND, *, called: str = "company") -> None:
        self._task, self._called = task, called
        self._shares = (
            (task.train_fraction, task.validation_fraction)
            if choices.train is None or choices.validation is None
            else (choices.train, choices.validation)
        )
        self._is_foreseen = False
        # A task without records is asked for none; adding some meanwhile takes the lock on the task's row.
        self._may_know = Record.objects.filter(task=task).exists()
        self._by_group: dict[str, str | None] = {}
        self._by_domain: dict[str, str | None] = {}
        self._parent: dict[Company, Company] = {}
        self._first_name: dict[Company, str] = {}
        self._side: dict[Company, str] = {}

    def foresee(self, named: Iterable[tuple[Company, str]]) -> None:
        """Read a whole file before its first record is made, so that what a later row ties together shares a side.

        Args:
            named: The company of each row, and the split that the row asks for, if any.
        """
        wanted: dict[Company, str] = {}
        rows = []
        for company, split in named:
            rows.append(company)
            if split:
                wanted.setdefault(company, split)
        self._is_foreseen = True
        for company in rows:
            self._tie(Company(company.group, ""), Company("", company.domain))
        self.learn(rows)
        for company in dict.fromkeys(rows):
            root = self._root(company)
            self._first_name[root] = min(company.group, self._first_name.get(root, company.group))
            side = self._by_group.get(company.group) or self._by_domain.get(company.domain)
            if side:
                self._side.setdefault(root, side)
        for company, split in wanted.items():
            self._side.setdefault(self._root(company), split)

    def learn(self, rows: Iterable[Company]) -> None:
        """Look up where records of these companies stand; what is known is not asked again."""
        if not self._may_know:
            return
        rows = list(rows)
        records = Record.objects.filter(task=self._task).order_by("-created_at")
        groups = {company.group for company in rows} - self._by_group.keys()
        domains = {company.domain for company in rows if company.domain} - self._by_domain.keys()
        self._by_group |= dict.fromkeys(groups) | _sides(records, "group", groups)
        self._by_domain |= dict.fromkeys(domains) | _sides(records, "domain", domains)

    def side_of(self, company: Company, wanted: str = "") -> str:
        """The split of the next record of a company; it is known from then on.

        Args:
            company: Whose record it is.
            wanted: The split that its row asks for; drawn by the shares when empty.

        Raises:
            ValueError: Its name and its domain stand on two sides already, or it stands on another than is wanted.
        """
        by_name, by_domain = self._by_group.get(company.group), self._by_domain.get(company.domain)
        if by_name and by_domain and by_name != by_domain:
            raise ValueError(
                f"'{company.group}' stands in {by_name} and its domain {company.domain} in {by_domain}, and one "
                f"{self._called} is on one side alone: correct the name or the address, or leave the row out"
            )
        side = by_name or by_domain or (self._side.get(self._root(company)) if self._is_foreseen else None)
        if wanted and side and wanted != side:
            raise ValueError(
                f"its split is {wanted}, and records of '{company.group}' stand in {side}: one {self._called} is on one "
                "side alone"
            )
        side = side or wanted or self._new_side(company)
        self._by_group[company.group] = side
        if company.domain:
            self._by_domain[company.domain] = side
        return side

    def _new_side(self, company: Company) -> str:
        if not self._parent:
            return split_of(self._task.seed, company.group, *self._shares)
        root = self._root(company)
        name = self._first_name.get(root, company.group)
        # Remembered for the rows tied to it, which may share neither name nor domain with this one.
        return self._side.setdefault(root, split_of(self._task.seed, name, *self._shares))

    def _root(self, company: Company) -> Company:
        node = Company(company.group, "")
        while (above := self._parent.get(node, node)) != node:
            self._parent[node] = self._parent.get(above, above)
            node = above
        return node

    def _tie(self, name: Company, domain: Company) -> None:
        if not domain.domain:
            return
        first = self._parent.setdefault(domain, name)
        left, other = self._root(name), self._root(first)
        if left != other:
            self._parent[max(left, other)] = min(left, other)


class CompanyNaming:
    """How records of one task name their company: what is asked of each of thousands of rows is looked up once."""

    def __init__(self, spec: TaskSpec) -> None:
        self._names = [name for role in ("group", "title") if (name := spec.facts_with_role(role))]
        self._domain = spec.facts_with_role("domain") or ""

    def company(self, facts: Facts, digest: str) -> Company:
        """What a record's facts say of its company; a row that names none is a company of its own, by its hash."""
        written = self.written(facts)
        group = normal_group(written) if written else digest
        return Company(group[:GROUP_CHARS], company_domain(facts.get(self._domain)))

    @property
    def called(self) -> str:
        """What a record's company is in this task: the fact that names it."""
        return self._names[0].replace("_", " ") if self._names else "company"

    def written(self, facts: Facts) -> str:
        """The company's name as written: the fact with the role group, else the title."""
        for name in self._names:
            value = facts.get(name)
            if value is not None and (text := " ".join(str(value).split())):
                return text
        return ""


def _sides(records: QuerySet[Record], name: str, wanted: Iterable[str]) -> dict[str, str]:
    """Split by key; of records that disagree, the earliest."""
    return dict(pair for chunk in chunked(sorted(wanted), CHUNK) for pair in _pairs(records, name, chunk))


def _pairs(records: QuerySet[Record], name: str, chunk: list[str]) -> Iterator[tuple[str, str]]:
    yield from records.filter(**{f"{name}__in": chunk}).values_list(name, "split")
