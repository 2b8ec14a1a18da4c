"""A small installation with one of everything, so that each route leads to something real.

All that belongs to its task carries a word of its own, `CANARY`: whoever does not belong to the task never sees it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

from django.utils import timezone

from evaluation.evaluations import start_evaluation as evaluations
from evaluation.models import Arena, ArenaPair, Evaluation, EvaluationOutput
from evaluation.studies import launch_study as studies
from evaluation.studies.design import StudyRequest as StudyWishes
from generation.models import (
    Teacher,
)
from jobs.models import Job
from members.invitations import invite
from members.models import ApiToken, Member
from members.tokens.scopes import SCOPES
from review.models import (
    BulkAct,
    Comment,
    DatasetVersion,
    Decision,
    Draft,
    KnownAnswer,
    Recall,
    Record,
    RevisionRequest,
    Revocation,
    ShareOut,
    Task,
)
from review.spec.task_spec import TaskSpec
from review.states import Role
from review.tasks.service_tokens import issue
from serving.models import Replica, RouterVersion
from serving.playground import writers
from serving.routing import route, set_thresholds
from tests.matrix.callers import CALLERS, browser, program
from tests.matrix.outside import CANARY, Outside
from tests.matrix.parameters import ANYWHERE, BY_PREFIX
from tests.matrix.routes import Route
from tests.review import factories as desk
from tests.training.conftest import freeze, write_student
from tests.training.miniatures import conclude
from training.exports import formats
from training.miniatures import writing
from training.models import HostPrice, Miniature, MiniatureExport
from training.runs import launch_run
from training.runs.run_request import RunRequest
from training.students import registration as students_registration
from training.sweeps import launch_sweep as sweeps
from training.sweeps.grid import SweepAxes as SweepWishes
from training.sweeps.grid import SweepBudget, SweepRequest

SWEEP = SweepRequest(recipe="demo", wishes=SweepWishes(), budget=SweepBudget(hours=9.0))
FACTS = {
    "company": "Acme",
    "sector": "cold logistics",
    "role": "Head of Operations",
    "size": 40,
    "trigger": "opened a depot",
}
PASSWORD = "correct horse battery"


class Installation(Outside):
    """One task with one of everything, a second task for the stranger, and a member for each role.

    Attributes:
        spec: What the task asks for; None for mails.
        facts: Of a record that a miniature is asked about.
    """

    spec: TaskSpec | None = None
    facts: dict[str, Any] = FACTS

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.admin = _member("ada", admin=True)
        self.task = desk.make_task(by=self.admin, spec=self.spec, slug=f"{CANARY}-outreach")
        self.members = {
            "admin": self.admin,
            "lead": self._member("lead", Role.LEAD),
            "reviewer": self._member("reviewer", Role.REVIEWER),
            "viewer": self._member("viewer", Role.VIEWER),
            "stranger": _member("stranger"),
            "deactivated": self._member("deactivated", Role.LEAD),
        }
        self.elsewhere = desk.make_desk(by=self.admin, slug="elsewhere", count=2)
        desk.join(self.members["stranger"], self.elsewhere, Role.LEAD)
        self.objects: dict[str, Any] = {}
        # Pages that were opened already, by pattern and caller: status and HTML.
        self.visited: dict[tuple[str, str], tuple[int, str]] = {}
        self._review()
        self._training()
        self._generation()
        self._campaigns()
        self._webhooks()
        # Signed in once: a session or a token made anew for each request would cost more than the request.
        self.browsers = {name: browser(self.members.get(name)) for name in CALLERS}
        self.programs = {scope: program(self.admin, scope) for scope in SCOPES}
        Member.objects.filter(pk=self.members["deactivated"].pk).update(is_active=False)

    def values(self, route: Route) -> dict[str, Any]:
        """What a route's parameters are filled with.

        Raises:
            KeyError: This installation has nothing for one of them: add it here.
        """
        return {name: self._value(name, route) for name in route.parameters}

    def _value(self, name: str, route: Route) -> Any:
        for prefix, values in (*BY_PREFIX, ("", ANYWHERE)):
            if name in values and (prefix in f"/{route.pattern}"):
                return self.objects[values[name]]
        raise KeyError(
            f"<{name}> of '{route.pattern}': the seeded installation has no such object. "
            "Make one in tests/matrix/installation.py and name it in tests/matrix/parameters.py."
        )

    def _member(self, name: str, role: Role) -> Member:
        member = _member(name)
        desk.join(member, self.task, role)
        return member

    def _judged(self) -> DatasetVersion:
        return freeze(self.task, self.admin, train=20, validation=4)

    def _waiting(self) -> list[Draft]:
        """Drafts on the desk, of one source."""
        records = desk.make_records(desk.make_source(self.task, name=f"{CANARY} list"), 3)
        Record.objects.filter(pk__in=[each.pk for each in records]).update(title=f"{CANARY} works")
        return desk.make_drafts(self.task, records)

    def _review(self) -> None:
        self.version, pending = self._judged(), self._waiting()
        decision = Decision.objects.filter(task=self.task).first()
        token, _ = ApiToken.objects.create(user=self.admin, name="matrix", scopes=["admin"])
        program, _ = issue.make(self.task, name=CANARY, scopes=["read"], days=7, by=self.admin)
        invitation = invite.invite("somebody@example.org", by=self.admin)
        assert decision is not None
        bulk = BulkAct.objects.create(id=uuid4(), task=self.task, by=self.admin, verdict="accept", body_hash="0" * 64)
        Revocation.objects.create(draft_id=decision.draft_id, by=self.admin, reason="Wrong.")
        recall = Recall.objects.create(task=self.task, by=self.admin, reason=CANARY, count=0)
        today = timezone.now().date()
        share = ShareOut.objects.create(task=self.task, by=self.admin, until=today, asked=1, count=0)
        of_draft = {"draft": pending[0]}
        asked = RevisionRequest.objects.create(**of_draft, asked_by=self.admin, instruction="Shorter.")
        comment = Comment.objects.create(**of_draft, author=self.admin, text=CANARY)
        known = KnownAnswer.objects.create(**of_draft, task=self.task, verdict="accept", created_by=self.admin)
        self.objects |= {
            "revoked": decision.draft_id, "request": asked.pk, "comment": comment.pk, "known": known.pk,
            "task": self.task.slug, "dataset": self.version.dataset.slug, "version": self.version.pk, "number": 1,
            "source": pending[0].record.source_id, "record": pending[0].record_id, "draft": pending[0].pk,
            "decision": decision.pk, "token": token.token_key, "program": program.token_key,
            "invitation": invitation.pk, "member": self.admin.pk, "username": self.members["viewer"].username,
            "join": invite.token_of(invitation), "bulk_act": bulk.pk, "recall": recall.pk, "share": share.pk,
            "today": today.isoformat(), "fresh": uuid4(), "verb": "cancel", "word": "sample", "suffix": "json",
            "one": 1,
        }  # fmt: skip

    def _training(self) -> None:
        folder = write_student(self.folder / "students" / "tiny")
        student = students_registration.register_folder(
            path=str(folder), by=self.admin, name="Tiny", licence="Apache-2.0"
        )
        request = RunRequest(dataset_version=self.version, student=student)
        run = launch_run.launch(request, recipe="demo", by=self.admin)
        miniature = conclude(run, self.folder / "run")
        evaluation = evaluations.start(run, by=self.admin)
        wishes = StudyWishes(kind="samples", sizes=(10, 20), seeds=(1, 2), epochs=1)
        study = studies.launch(wishes, version=self.version, student=student, by=self.admin)
        sweep = sweeps.launch(SWEEP, request, by=self.admin)
        host_price = HostPrice.objects.create(host="default", usd_per_hour=1)
        self._arena(evaluation)
        self._router(miniature)
        self._replica()
        self.objects |= {
            "writing": writing.request_text(miniature, record=self.facts, by=self.admin).pk,
            "model": writers.playground_writers(self.admin, self.task)[0].key, "run": run.pk, "miniature": miniature.pk,
            "evaluation": evaluation.pk, "study": study.pk, "job": run.job_id, "sweep": sweep.pk,
            "host_price": host_price.pk, "target": self._export(miniature),
        }  # fmt: skip

    def _arena(self, evaluation: Evaluation) -> None:
        """An open arena of two systems, with a pair to vote on."""
        arena = Arena.objects.create(
            task=self.task, evaluation=evaluation, systems=["teacher", "student"], most_votes=20, created_by=self.admin
        )
        record = self.objects["record"]
        pair = ArenaPair.objects.create(arena=arena, record_id=record, left=0, right=1)
        EvaluationOutput.objects.bulk_create(
            EvaluationOutput(evaluation=evaluation, system=name, kind="teacher", record_id=record, text=CANARY)
            for name in arena.systems
        )
        self.objects |= {"arena": arena.pk, "arena_pair": pair.pk}

    def _router(self, miniature: Miniature) -> None:
        """A router whose verdicts bore nothing out, and one request that it routed."""
        teacher = Teacher.objects.get(slug="offline")
        router = set_thresholds.create(self.task, name="Thrifty", by=self.admin)
        expected = [{"share": 0.0, "cost_usd": 0.0}, {"share": 1.0, "cost_usd": 0.01}]
        version = RouterVersion.objects.create(
            router=router, number=1, miniature=miniature, teacher=teacher, feature="checks", takes_low=True,
            margin=0.02, confidence=0.95, level=0.975, attempt=1, audit_share=0.05, pairs=2000, lost=0, won=0,
            expected=expected,
        )  # fmt: skip
        self.objects |= {"router": router.pk, "routed": route.record(version, {"checks": 0.0}).id}

    def _replica(self) -> None:
        """A replica whose host is away."""
        job = Job.objects.create(kind="serving", queue="serving", title="Serve", state="running", host_id="away")
        self.objects["replica"] = Replica.objects.create(job=job, host_id="away").pk

    def _export(self, miniature: Miniature) -> str:
        export = formats.request_export(miniature, format="gguf-f16", by=self.admin)
        written = {
            "storage_prefix": miniature.storage_prefix,
            "files": miniature.files[:1],
            "manifest_sha256": "0" * 64,
        }
        MiniatureExport.objects.filter(pk=export.pk).update(**written)
        return export.format


def _member(username: str, *, admin: bool = False) -> Member:
    member = Member(username=username, is_superuser=admin, is_staff=admin)
    member.set_password(PASSWORD)
    member.save()
    return member


def drafts_of(task: Task) -> list[Draft]:
    """The task's drafts."""
    return list(Draft.objects.filter(task=task))
