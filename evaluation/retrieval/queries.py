"""Questions about studies of verifiers over retrieval, and their words for who reads them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from evaluation.models import RetrievalStudy
from evaluation.retrieval import register
from generation.models import WebPage
from members.models import Member
from review.models import Task
from review.spec.prompting import canonical_json
from review.states import Role
from review.tasks.permissions import may, tasks_for
from review.text.verification.claim_task import is_claim_task
from training.models import Miniature
from web.errors import Refusal

RELATED = ("task", "job", "miniature__task", "teacher", "created_by", "verdict")


def visible(member: Member, *, task: Task | None = None) -> QuerySet[RetrievalStudy]:
    """Studies of tasks the member may see, newest first."""
    studies = RetrievalStudy.objects.filter(task__in=tasks_for(member)).select_related(*RELATED)
    studies = studies.prefetch_related("arms").order_by("-created_at", "-id")
    return studies.filter(task=task) if task else studies


def study_or_404(member: Member, retrieval_id: UUID) -> RetrievalStudy:
    """A study, if the member may see its task.

    Raises:
        Http404: No such study, or not this member's.
    """
    study = visible(member).filter(pk=retrieval_id).first()
    if study is None:
        raise Http404("There is no study with this id that you can see.")
    return study


def has_pages(task: Task) -> bool:
    """Whether anything is stored of the task's research."""
    stored = WebPage.objects.filter(site__research__task=task, refused_code="")
    return stored.exclude(text="").exists()


def miniatures_for(member: Member) -> list[Miniature]:
    """Miniatures that check claims, of tasks in which the member may ask them, newest first."""
    rows = Miniature.objects.filter(task__in=tasks_for(member)).select_related("task", "run__task_version")
    of_claims = (each for each in rows.order_by("-created_at")[:200] if is_claim_task(each.run.taught))
    return [each for each in of_claims if may(member, each.task, Role.REVIEWER)]


def miniature_of(member: Member, slug: str) -> Miniature:
    """One of those by its short name.

    Raises:
        Refusal: `miniature_unknown`.
    """
    found = next((each for each in miniatures_for(member) if each.slug == slug), None)
    if found is None:
        message = f"No miniature '{slug}' that checks claims is yours to ask."
        raise Refusal("miniature_unknown", message, hint="Write its short name.", errors={"miniature": [message]})
    return found


def verdict_of(study: RetrievalStudy) -> dict[str, Any] | None:
    """The verdict, if there is one."""
    return study.verdict.body if hasattr(study, "verdict") else None


def arms_of(study: RetrievalStudy, member: Member) -> list[dict[str, Any]]:
    """Each arm with its figures; a miniature of a task the member does not see is called so."""
    found = {each["arm"]: each for each in (verdict_of(study) or {}).get("arms", [])}
    return [
        {
            "arm": arm.arm,
            "name": _name(study, arm.arm, member),
            "is_answered": arm.answers is not None,
            "unanswered": (arm.answers or {}).get("unanswered", 0),
            "is_reused": arm.is_reused,
            "accuracy": found.get(arm.arm),
            "where_found": (found.get(arm.arm) or {}).get("where_found"),
        }
        for arm in study.arms.all()
    ]


def _name(study: RetrievalStudy, arm: str, member: Member) -> str:
    if arm == register.MINIATURE and study.miniature is not None:
        return study.miniature.name if may(member, study.miniature.task, Role.VIEWER) else "of another task"
    return study.teacher.name if arm == register.TEACHER and study.teacher is not None else ""


def record_file(study: RetrievalStudy, member: Member) -> str:
    """The registration as a file: byte for byte as it was hashed, where the member may read all of it."""
    record = record_of(study, member)
    return study.record_text if record == study.record else canonical_json(record)


def record_of(study: RetrievalStudy, member: Member) -> dict[str, Any]:
    """The registration; short name and weights of a miniature of a task the member does not see are left out."""
    record = study.record
    if study.miniature is not None and not may(member, study.miniature.task, Role.VIEWER):
        record["arms"] = [[arm, "" if arm == register.MINIATURE else name] for arm, name in record["arms"]]
        record["judges"] = {**record["judges"], register.MINIATURE: ""}
    return record
