"""Carry a study on by one look: an arm that can answer does, and what is answered is kept. Everything it knows stands in rows.

Models answer by jobs of their own, and the study holds no worker meanwhile; when looks are taken is the affair of
`jobs.kinds.composite`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from evaluation.models import RetrievalArm, RetrievalStudy, RetrievalVerdict
from evaluation.retrieval import register, verdict
from evaluation.retrieval.passages import Passage
from evaluation.retrieval.register import JudgedClaim
from generation.claims.verifier import TeacherVerifier
from generation.models import Teacher
from jobs.kinds.composite import STOPPING, Progress
from jobs.lifecycle import claim as job_claim
from jobs.models import Job
from jobs.states import ENDED_BADLY, FINISHED, JobState
from review.text.verification.finding import Claim, Verification, Verifier
from review.text.verification.rules_first import RulesFirst
from training.miniatures.claim_verifier import MiniatureVerifier
from web.errors import Refusal

RELATED = ("task", "miniature__task", "miniature__run__task_version", "teacher", "job", "created_by")


class _UnderWay(Exception):  # noqa: N818 (no error: there is nothing to do now)
    """A model's job has not ended."""


def look(study_id: UUID, *, fence: int) -> Progress:
    """Have each arm answer that can.

    Raises:
        Refusal: `record_changed`, the stored pages are not what they were; `nobody_asks`; as the verifiers refuse.
        jobs.lifecycle.claim.AttemptLost: The fence has passed on.
    """
    study = _by_id(study_id)
    if job_claim.held_job(study.job_id, fence).state != JobState.RUNNING:
        return STOPPING
    claims = _claims(study)
    asked = [
        register.held_against(one.text, passages) for one, passages in zip(claims, _found(study, claims), strict=True)
    ]
    arms, waiting = list(study.arms.order_by("position")), []
    for arm in arms:
        if arm.answers is None and not _answer(study, arm, asked, fence):
            waiting.append(arm.arm)
    return Progress(len(arms) - len(waiting), len(arms), ", ".join(f"{arm} is under way" for arm in waiting))


def conclude(study_id: UUID, *, fence: int) -> dict[str, Any]:
    """Compute and keep the verdict of a study all of whose arms have answered; one that was told before stands.

    Returns:
        What its job shows: the sentence, and how many arms answered.

    Raises:
        Refusal: `record_changed`.
        jobs.lifecycle.claim.AttemptLost: The fence has passed on.
    """
    study = _by_id(study_id)
    claims, arms = _claims(study), list(study.arms.order_by("position"))
    is_found = [_holds(one, passages) for one, passages in zip(claims, _found(study, claims), strict=True)]
    truths, documents = [one.supported for one in claims], [one.document for one in claims]
    answers: dict[str, dict[str, Any]] = {arm.arm: arm.answers or {} for arm in arms}
    body = verdict.conclude({arm: told["said"] for arm, told in answers.items()}, truths, documents, is_found)
    left = [verdict.left_to_rules(arm, told["unanswered"]) for arm, told in answers.items() if told["unanswered"]]
    body |= {
        "passages": study.record["passages"],
        "sentence": " ".join([body["sentence"], *left]),
    }
    with transaction.atomic():
        job_claim.lock_held(study.job_id, fence)
        body = RetrievalVerdict.objects.get_or_create(study=study, defaults={"body": body})[0].body
    return {"sentence": body["sentence"], "arms": len(arms)}


def has_news(study_id: UUID) -> bool:
    """Whether the jobs of an arm that waits have all ended."""
    waiting = [arm for arm in _by_id(study_id).arms.all() if arm.answers is None and arm.jobs]
    return any(not _jobs(arm).exclude(state__in=FINISHED).exists() for arm in waiting)


def jobs_under_way(study_id: UUID, *, with_shared: bool) -> Iterator[Job]:
    """Yield the jobs by which models answer; those that were there before the study only if `with_shared`."""
    study = _by_id(study_id)
    for arm in study.arms.filter(answers__isnull=True):
        for job in _jobs(arm).exclude(state__in=FINISHED):
            if with_shared or job.created_at >= study.created_at:
                yield job


def forget_problems(study_id: UUID) -> None:
    """A study that is set going again asks models anew whose jobs ended badly."""
    for arm in _by_id(study_id).arms.filter(answers__isnull=True):
        if _jobs(arm).filter(state__in=ENDED_BADLY).exists():
            RetrievalArm.objects.filter(pk=arm.pk).update(jobs=[])


def _by_id(study_id: UUID) -> RetrievalStudy:
    return RetrievalStudy.objects.select_related(*RELATED).get(pk=study_id)


def _claims(study: RetrievalStudy) -> list[JudgedClaim]:
    return [JudgedClaim(*row) for row in study.claims]


def _jobs(arm: RetrievalArm) -> Any:
    return Job.objects.filter(pk__in=arm.jobs)


def _found(study: RetrievalStudy, claims: Sequence[JudgedClaim]) -> list[list[Passage]]:
    """The passages of each claim, by the pages that were registered."""
    record, pages = study.record, register.pages_of(study.task)
    if record["pages"] != register.hashes(pages):
        raise Refusal(
            "record_changed",
            "The stored pages are not those that were registered.",
            hint="Register the study again.",
            status=409,
        )
    index = register.index_of(pages)
    return [index.find(one.text, record["passages"]) for one in claims]


def _answer(study: RetrievalStudy, arm: RetrievalArm, asked: Sequence[Claim], fence: int) -> bool:
    """Fill in an arm's answers, from an earlier study that asked the same where there is one; False where a model is at it."""
    same = RetrievalArm.objects.filter(fingerprint=arm.fingerprint, answers__unanswered=0).first()
    if same is not None:
        arm.answers, arm.is_reused = same.answers, True
    elif arm.arm == register.NONE:
        arm.answers = {"said": [True] * len(asked), "unanswered": 0}
    else:
        verifier = RulesFirst(_model(study, arm, fence))
        try:
            said = [answer.supported for answer in verifier.verify(asked)]
        except _UnderWay:
            return False
        arm.answers = {"said": said, "unanswered": verifier.unanswered}
    with transaction.atomic():
        job_claim.lock_held(study.job_id, fence)
        arm.save(update_fields=["answers", "is_reused"])
    return True


def _model(study: RetrievalStudy, arm: RetrievalArm, fence: int) -> Verifier | None:
    """Who is asked of what the rules leave open."""
    if arm.arm == register.RULES:
        return None
    if study.created_by is None:
        raise Refusal("nobody_asks", "Who registered this study is gone.", hint="Register it again.", status=409)
    model = study.teacher if arm.arm == register.TEACHER else study.miniature
    if isinstance(model, Teacher):
        return _ByJobs(
            study, arm, TeacherVerifier(model, study.task, study.created_by, study.max_cost_usd, _ended), fence
        )
    assert model is not None
    return _ByJobs(study, arm, MiniatureVerifier(model, by=study.created_by, wait_for=_ended), fence)


def _ended(job_id: UUID) -> Job:
    job = Job.objects.get(pk=job_id)
    if job.state not in FINISHED:
        raise _UnderWay
    return job


@dataclass(frozen=True)
class _ByJobs:
    """A model whose jobs are launched once for a study, however often it is looked at."""

    study: RetrievalStudy
    arm: RetrievalArm
    model: TeacherVerifier | MiniatureVerifier
    fence: int

    def verify(self, claims: Sequence[Claim]) -> list[Verification | None]:
        """The model's answers.

        Raises:
            _UnderWay: One of its jobs has not ended.
            Refusal: As the model refuses.
        """
        if not self.arm.jobs:
            with transaction.atomic():
                job_claim.lock_held(self.study.job_id, self.fence)
                self.arm.jobs = [str(job) for job in self.model.launch(claims)]
                self.arm.save(update_fields=["jobs"])
        return self.model.read(claims, [UUID(job) for job in self.arm.jobs])


def _holds(claim: JudgedClaim, passages: Sequence[Passage]) -> bool:
    words = " ".join(claim.evidence.split())
    return any(passage.document == claim.document and words in " ".join(passage.text.split()) for passage in passages)
