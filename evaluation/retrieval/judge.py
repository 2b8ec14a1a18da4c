"""Carry a study on, arm by arm: what is answered is kept, so that who comes again goes on where the last attempt ended.

Models answer by jobs of their own. While one runs the study's job waits and holds no worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from evaluation.models import RetrievalArm, RetrievalStudy, RetrievalVerdict
from evaluation.retrieval import register, verdict
from evaluation.retrieval.passages import Passage
from evaluation.retrieval.register import JudgedClaim
from generation.claims.verifier import TeacherVerifier
from jobs.kinds.base import Attempt, MustWait
from jobs.lifecycle import claim as job_claim
from jobs.models import Job
from jobs.states import FINISHED
from members.models import Member
from review.text.verification.finding import Claim, Verification, Verifier
from review.text.verification.rules_first import RulesFirst
from training.miniatures.claim_verifier import MiniatureVerifier
from web.errors import Refusal

# A job that a model answers by rings nobody: it is looked for again after so long.
AGAIN_S: Final = 5.0


def carry_on(study_id: UUID, attempt: Attempt) -> dict[str, Any]:
    """Have each arm answer that has not, and conclude.

    Returns:
        What its job shows: the sentence, and how many arms answered.

    Raises:
        MustWait: A model is at it.
        Refusal: `record_changed`, the stored pages are not what they were; `nobody_asks`; as the verifiers refuse.
        jobs.lifecycle.claim.AttemptLost: The fence has passed on.
    """
    study = RetrievalStudy.objects.select_related("task", "miniature__task", "miniature__run__task_version", "teacher", "job", "created_by").get(pk=study_id)  # fmt: skip
    record, claims = study.record, [JudgedClaim(*row) for row in study.claims]
    found = _found(study, claims)
    asked = [Claim("\n".join(passage.text for passage in passages), one.text) for one, passages in zip(claims, found, strict=True)]  # fmt: skip
    arms = list(study.arms.order_by("position"))
    for done, arm in enumerate(arms):
        attempt.progress(done, len(arms), "arms")
        if arm.answers is None:
            _answer(study, arm, asked, attempt.fence)
    is_found = [_holds(one, passages) for one, passages in zip(claims, found, strict=True)]
    truths, documents = [one.supported for one in claims], [one.document for one in claims]
    body = verdict.conclude({arm.arm: arm.answers or [] for arm in arms}, truths, documents, is_found)
    with transaction.atomic():
        job_claim.lock_held(study.job_id, attempt.fence)
        body = {**body, "passages": record["passages"]}
        RetrievalVerdict.objects.update_or_create(study=study, defaults={"body": body})
    attempt.progress(len(arms), len(arms), "arms")
    return {"sentence": body["sentence"], "arms": len(arms)}


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


def _answer(study: RetrievalStudy, arm: RetrievalArm, asked: Sequence[Claim], fence: int) -> None:
    """Fill in an arm's answers, from an earlier study that asked the same where there is one."""
    same = RetrievalArm.objects.filter(fingerprint=arm.fingerprint, answers__isnull=False).first()
    if same is not None:
        arm.answers, arm.is_reused = same.answers, True
    elif arm.arm == register.NONE:
        arm.answers = [True] * len(asked)
    else:
        arm.answers = [said.supported for said in RulesFirst(_model(study, arm, fence)).verify(asked)]
    with transaction.atomic():
        job_claim.lock_held(study.job_id, fence)
        arm.save(update_fields=["answers", "is_reused"])


def _model(study: RetrievalStudy, arm: RetrievalArm, fence: int) -> Verifier | None:
    """Who is asked of what the rules leave open."""
    if arm.arm == register.RULES:
        return None
    if study.created_by is None:
        raise Refusal("nobody_asks", "Who registered this study is gone.", hint="Register it again.", status=409)
    if study.teacher is not None and arm.arm == register.TEACHER:
        return TeacherVerifier(study.teacher, study.task, study.created_by, study.max_cost_usd, ended)
    return _MiniatureArm(study, arm, study.created_by, fence)


def ended(job_id: UUID) -> Job:
    """A model's job once it has ended.

    Raises:
        MustWait: It has not.
    """
    job = Job.objects.get(pk=job_id)
    if job.state in FINISHED:
        return job
    reason = f"'{job.title}' is {job.get_state_display().lower()}."
    raise MustWait(reason, again_s=AGAIN_S, is_over=lambda: Job.objects.filter(pk=job_id, state__in=FINISHED).exists())


@dataclass(frozen=True)
class _MiniatureArm:
    """A miniature whose jobs are launched once for a study, however often it is looked at."""

    study: RetrievalStudy
    arm: RetrievalArm
    by: Member
    fence: int

    def verify(self, claims: Sequence[Claim]) -> list[Verification | None]:
        """The miniature's answers.

        Raises:
            MustWait: One of its jobs has not ended.
            Refusal: As `MiniatureVerifier`; its jobs are launched anew the next time.
        """
        assert self.study.miniature is not None
        verifier = MiniatureVerifier(self.study.miniature, by=self.by, wait_for=ended)
        if not self.arm.jobs:
            with transaction.atomic():
                job_claim.lock_held(self.study.job_id, self.fence)
                self._keep([str(job) for job in verifier.launch(claims)])
        try:
            return verifier.read(claims, [UUID(job) for job in self.arm.jobs])
        except Refusal:
            self._keep([])
            raise

    def _keep(self, jobs: list[str]) -> None:
        self.arm.jobs = jobs
        self.arm.save(update_fields=["jobs"])


def _holds(claim: JudgedClaim, passages: Sequence[Passage]) -> bool:
    words = " ".join(claim.evidence.split())
    return any(passage.document == claim.document and words in " ".join(passage.text.split()) for passage in passages)
