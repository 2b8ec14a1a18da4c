"""On which side of the split each company stands, known by its name and by its web domain alike.

Two rows are of one company when they share either; so are two rows that a third one ties together. A record's split
never moves, so whoever comes later joins the side of who came first. A row that ties together companies which stand on
two sides already cannot be taken in without breaking one of them, and is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from django.db.models import Exists, OuterRef, QuerySet

from review.models import Record, Task
from review.sources.company_domain import company_domain
from review.sources.imports.choices import AS_FOUND, ImportChoices
from review.spec.schema import Facts
from review.spec.splits import SPLITS, draw, normal_group
from review.spec.task_spec import TaskSpec
from web.db.chunks import chunked

CHUNK = 500
GROUP_CHARS = 200


class Company(NamedTuple):
    """Company of a row: the normal form of its name, and its domain; either may be empty."""

    group: str
    domain: str


class CompanySplits:
    """The sides known so far: from records of the task, and from the rows of this import in their order.

    This is the one place that decides a side. The records keep it. An import that adds records holds the lock on the
    task's row (see `staging`), so two at once cannot draw twice for one company.
    """

    def __init__(self, task: Task, choices: ImportChoices = AS_FOUND, *, called: str = "company") -> None:
        self._task, self._called = task, called
        self._shares = (
            {"train": task.train_fraction, "validation": task.validation_fraction}
            if choices.train is None or choices.validation is None
            else {"train": choices.train, "validation": choices.validation}
        )
        # A task without records is asked for none; adding some meanwhile takes the lock on the task's row.
        self._may_know = Record.objects.filter(task=task).exists()
        self._by_group: dict[str, str | None] = {}
        self._by_domain: dict[str, str | None] = {}
        # Names that are one company lead to the least of them, by which its side is noted.
        self._parent: dict[str, str] = {}
        self._name_of_domain: dict[str, str] = {}
        self._side: dict[str, str] = {}
        self._filled: set[str] = set()
        self._is_looked_at = not self._may_know

    def foresee(self, named: Iterable[tuple[Company, str]]) -> None:
        """Read a whole file before its first record is made, so that what a later row ties together shares a side.

        Args:
            named: The company of each row, and the split that the row asks for, if any.
        """
        requested: dict[Company, str] = {}
        rows = []
        for company, split in named:
            rows.append(company)
            if split:
                requested.setdefault(company, split)
        self._tie_known(rows)
        for company, split in requested.items():
            self._fill(self._root(company.group), split)

    def learn(self, rows: Iterable[Company]) -> None:
        """Look up where records of these companies stand, and draw sides for those that stand nowhere.

        Args:
            rows: Companies whose records will be made unless `side_of` refuses; what is known is not asked again.
        """
        rows = list(rows)
        self._tie_known(rows)
        new = {name for company in rows if (name := self._root(company.group)) not in self._side}
        if new:
            for name, side in draw(self._task.seed, new, **self._shares, lacking=self._lacking()).items():
                self._fill(name, side)

    def side_of(self, company: Company, requested: str = "") -> str:
        """The split of the next record of a company; it is known from then on.

        Args:
            requested: The split that its row asks for, which `foresee` has heard of; empty when it asks for none.

        Raises:
            ValueError: Its name and its domain stand on two sides already, or it stands on another than is wanted.
        """
        by_name, by_domain = self._by_group.get(company.group), self._by_domain.get(company.domain)
        if by_name and by_domain and by_name != by_domain:
            raise ValueError(
                f"'{company.group}' is in {by_name} but its domain {company.domain} in {by_domain}, and one "
                f"{self._called} can be in one split only: correct the name or the address, or leave the row out"
            )
        if not (by_name or by_domain or self._root(company.group) in self._side):
            self.learn([company])
        side = by_name or by_domain or self._side[self._root(company.group)]
        if requested and requested != side:
            raise ValueError(
                f"its split is {requested}, but records of '{company.group}' are in {side}: one {self._called} can be "
                "in one split only"
            )
        self._by_group[company.group] = side
        if company.domain:
            self._by_domain[company.domain] = side
        return side

    def _tie_known(self, rows: list[Company]) -> None:
        for company in rows:
            self._tie(company)
        self._look_up(rows)
        for company in dict.fromkeys(rows):
            side = self._by_group.get(company.group) or self._by_domain.get(company.domain)
            if side:
                self._fill(self._root(company.group), side)

    def _look_up(self, rows: list[Company]) -> None:
        if not self._may_know:
            return
        records = Record.objects.filter(task=self._task).order_by("-created_at")
        groups = {company.group for company in rows} - self._by_group.keys()
        domains = {company.domain for company in rows if company.domain} - self._by_domain.keys()
        self._by_group |= dict.fromkeys(groups) | _sides(records, "group", groups)
        self._by_domain |= dict.fromkeys(domains) | _sides(records, "domain", domains)

    def _fill(self, name: str, side: str) -> None:
        """Note the side of a company, unless it has one already."""
        self._filled.add(self._side.setdefault(name, side))

    def _lacking(self) -> set[str]:
        """Sides on which neither the task nor this import so far has a company."""
        if not self._is_looked_at:
            self._filled |= filled_sides(self._task)
            self._is_looked_at = True
        return set(SPLITS) - self._filled

    def _root(self, name: str) -> str:
        while (above := self._parent.get(name, name)) != name:
            self._parent[name] = self._parent.get(above, above)
            name = above
        return name

    def _tie(self, company: Company) -> None:
        if not company.domain:
            return
        first = self._name_of_domain.setdefault(company.domain, company.group)
        left, other = self._root(company.group), self._root(first)
        if left != other:
            self._parent[max(left, other)] = min(left, other)


def filled_sides(task: Task) -> set[str]:
    """Splits on which a task has a record."""
    records = Record.objects.filter(task=OuterRef("pk")).order_by()
    has = {split: Exists(records.filter(split=split)) for split in SPLITS}
    row = Task.objects.filter(pk=task.pk).values(**has).first()
    return {split for split, is_filled in (row or {}).items() if is_filled}


class CompanyNaming:
    """Company names in the records of one task; the facts that hold them are looked up once for thousands of rows."""

    def __init__(self, spec: TaskSpec) -> None:
        self._names = [name for role in ("group", "title") if (name := spec.facts_with_role(role))]
        self._domain = spec.facts_with_role("domain") or ""

    @property
    def paths(self) -> list[str]:
        return [f"facts__{name}" for name in self._names]

    def company(self, facts: Facts, digest: str) -> Company:
        """Return the company of a record's facts; a row that names none is a company of its own, by its hash."""
        written = self.written(facts)
        group = normal_group(written) if written else digest
        return Company(group[:GROUP_CHARS], company_domain(facts.get(self._domain)))

    @property
    def called(self) -> str:
        return self._names[0].replace("_", " ") if self._names else "company"

    def written(self, facts: Facts) -> str:
        """The company's name as written: the fact with the role group, else the title."""
        for name in self._names:
            value = facts.get(name)
            if value is not None and (text := " ".join(str(value).split())):
                return text
        return ""


def _sides(records: QuerySet[Record], name: str, keys: Iterable[str]) -> dict[str, str]:
    """Split by key; of records that disagree, the earliest."""
    return dict(pair for chunk in chunked(sorted(keys), CHUNK) for pair in _pairs(records, name, chunk))


def _pairs(records: QuerySet[Record], name: str, chunk: list[str]) -> Iterator[tuple[str, str]]:
    yield from records.filter(**{f"{name}__in": chunk}).values_list(name, "split")
