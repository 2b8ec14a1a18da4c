"""Parts of a pipeline for one member: tasks for each kind of stage, models for each task, sources for each fact.

A fact that nobody spoke of yet takes the source of its own name; `guess` says which.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from django.db.models import OuterRef, Subquery

from campaigns.pipelines import inputs
from campaigns.pipelines.stage_checks import suits
from campaigns.states import StageKind
from generation.models import Teacher
from generation.teachers import provided
from generation.teachers import queries as teachers_queries
from generation.teachers.queries import TeacherLine
from members.models import Member
from review.models import Task, TaskVersion
from review.spec.output_format import is_mail
from review.spec.schema import InputField
from review.spec.task_spec import TaskSpec
from review.states import Role
from review.tasks.permissions import slugs_with
from review.text.verification.claim_task import CLAIM, PASSAGE, is_claim_task
from serving.models import RouterVersion
from serving.routing import promise

# Kinds that rules can do without a task.
BY_RULES = frozenset({StageKind.VERIFY, StageKind.QUALIFY, StageKind.CHECK})
# What a router's slug begins with where a stage's model is chosen.
ROUTER_PREFIX = "router:"
# How parts of a claim are called where a research task lists them.
CLAIM_PARTS = ("text", "claim", "sentence", "statement")
PASSAGE_PARTS = ("quote", "passage", "evidence", "source")
# Facts of a task that what was found out belongs into.
FINDINGS = frozenset({"claims", "facts", "findings", "news", "research", "trigger"})


class Offers:
    """Choices for one member and the mails of one task; few queries however many stages ask."""

    def __init__(self, mail: Task, by: Member) -> None:
        self.mail = mail
        self._by = by
        self._models: dict[str, list[TeacherLine]] = {}

    @cached_property
    def versions(self) -> dict[str, TaskVersion]:
        """The latest version of each task that the member leads, by slug, in the order of their names."""
        newest = TaskVersion.objects.filter(task=OuterRef("task")).order_by("-number").values("pk")[:1]
        rows = TaskVersion.objects.filter(pk=Subquery(newest)).select_related("task").order_by("task__name")
        led = slugs_with(self._by, Role.LEAD)
        if led is not None:
            rows = rows.filter(task__slug__in=led)
        return {version.task.slug: version for version in rows}

    def task(self, slug: str) -> Task | None:
        version = self.versions.get(slug)
        return version.task if version is not None else None

    def spec_of(self, task: str) -> TaskSpec | None:
        version = self.versions.get(task)
        return version.spec if version is not None else None

    @property
    def mail_spec(self) -> TaskSpec:
        return self.versions[self.mail.slug].spec

    def tasks_for(self, kind: StageKind) -> list[Task]:
        if kind == StageKind.WRITE:
            return [self.mail]
        return [version.task for version in self.versions.values() if _is_offered(kind, version.spec)]

    @cached_property
    def _lines(self) -> list[TeacherLine]:
        return teachers_queries.lines(self._by)

    def teacher(self, slug: str) -> Teacher | None:
        return next((line.teacher for line in self._lines if line.teacher.slug == slug), None)

    def is_gone(self, model: str) -> bool:
        """Return whether a stage names a teacher or router that is out of use."""
        teacher = self.teacher(model)
        return bool(model) and model not in self.routers and not (teacher and teacher.is_active)

    @cached_property
    def routers(self) -> dict[str, RouterVersion]:
        """The newest version of each router of the tasks led, if it has thresholds, by its name in the form."""
        newest = promise.newest_versions([version.task for version in self.versions.values()])
        return {f"{ROUTER_PREFIX}{version.router.slug}": version for version in newest if version.thresholds}

    def routers_for(self, task: str) -> dict[str, str]:
        own = self.versions.get(task)
        mine = own.task_id if own is not None else None
        return {key: version.router.name for key, version in self.routers.items() if version.router.task_id == mine}

    def models_for(self, task: str) -> list[TeacherLine]:
        """Models that write for a task: its miniatures first, then teachers."""
        if task not in self._models and task in self.versions:
            there = [line for line in self._lines if line.teacher.is_active]
            writing = provided.writes_for(self.versions[task].task, [line.teacher for line in there])
            kept = {teacher.pk for teacher in writing}
            lines = [line for line in there if line.teacher.pk in kept]
            self._models[task] = sorted(lines, key=lambda line: not line.teacher.provided_by)
        return self._models.get(task, [])


def _is_offered(kind: StageKind, spec: TaskSpec) -> bool:
    is_other = kind == StageKind.QUALIFY and (is_claim_task(spec) or is_mail(spec))
    return suits(kind, spec) and not is_other


def guess(fact: InputField, offered: Mapping[str, str], kind: StageKind) -> str:
    """The source that a fact would sensibly come from; empty where none has its name.

    Args:
        offered: Type by source, earlier ones first, as `inputs.available` says.
    """
    fitting = [source for source, kind_of in offered.items() if inputs.fits(kind_of, fact)]
    if kind == StageKind.VERIFY and fact.name in (CLAIM, PASSAGE):
        return claims_of(offered).get(fact.name, "")
    made = [source for source in fitting if source.partition(".")[0] not in (inputs.CONTACT, inputs.RECORD)]
    named = [source for source in made if source.rpartition(".")[2] == fact.name]
    if named:
        return named[-1]
    if fact.name in FINDINGS and (claim := claims_of(offered).get(CLAIM, "")) in made:
        return claim
    if kind == StageKind.WRITE:
        # What nobody names comes from the contact's own record.
        return ""
    sources = [f"{inputs.CONTACT}.{fact.name}", f"{inputs.RECORD}.{fact.name}"]
    if fact.role == "group":
        sources.append("contact.company")
    if fact.role == "domain":
        sources.append("contact.domain")
    return next((source for source in sources if source in fitting), "")


def claims_of(offered: Mapping[str, str]) -> dict[str, str]:
    """Return the sources of the claims that stand last: `claim`, and `passage` where their list holds quotes."""
    lists = [source for source, kind in offered.items() if kind == "list" and source.count(".") == 2]
    claim_sources = {}
    for source in lists:
        head, _, part = source.rpartition(".")
        if part in CLAIM_PARTS:
            passages = [f"{head}.{name}" for name in PASSAGE_PARTS if f"{head}.{name}" in offered]
            claim_sources = {CLAIM: source} | ({PASSAGE: passages[0]} if passages else {})
    return claim_sources
