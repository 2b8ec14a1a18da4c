"""A miniature of a claim task as a verifier: it reads claims in an engine's process, by jobs that any worker takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID

from django.urls import reverse

from jobs.lifecycle import control, wait
from jobs.models import Job
from jobs.states import JobState
from members.models import Member
from review.states import Role
from review.tasks.permissions import require
from review.text.verification import claim_task
from review.text.verification.finding import Claim, Verification
from training.miniatures.writing import CHECKING, KIND
from training.models import Miniature
from web.db.chunks import chunked
from web.errors import Refusal

# What a writing job takes at once; see `training.engine.write.WriteSpec`.
AT_ONCE: Final = 64


class MiniatureVerifier:
    """A tuned miniature that says whether passages support claims."""

    def __init__(self, miniature: Miniature, *, by: Member, wait_for: Callable[[UUID], Job] = wait.until_ended) -> None:
        """Check that it can verify.

        Raises:
            PermissionDenied: The member only reads its task.
            Refusal: `no_claim_task`, it was tuned on a task of another shape.
        """
        require(by, miniature.task, Role.REVIEWER)
        if not claim_task.is_claim_task(miniature.run.taught):
            raise Refusal(
                "no_claim_task",
                f"{miniature.name} was not tuned to check claims.",
                hint="Its task needs the facts 'claim' and 'passage', and a yes or no called 'supported'.",
            )
        self._miniature, self._by, self._wait = miniature, by, wait_for

    def verify(self, claims: Sequence[Claim]) -> list[Verification | None]:
        """Have it read claims; None for an answer without its task's shape. Blocks until its jobs have ended.

        Raises:
            Refusal: `not_verified`, a job failed or was cancelled; 503 `not_worked_on`, no worker ran it.
        """
        jobs = [(chunk, self._launch(chunk).pk) for chunk in chunked(claims, AT_ONCE)]
        return [answer for chunk, job in jobs for answer in self._read(chunk, self._wait(job))]

    def _launch(self, claims: Sequence[Claim]) -> Job:
        miniature = self._miniature
        return control.launch(
            kind=KIND,
            title=CHECKING.format(len(claims)),
            spec={"miniature": str(miniature.pk), "records": [claim_task.facts_of(claim) for claim in claims]},
            by=self._by,
            task_slug=miniature.task.slug,
            subject_id=miniature.pk,
            subject_url=reverse("training:miniature", args=[miniature.pk]),
        )

    def _read(self, claims: Sequence[Claim], job: Job) -> list[Verification | None]:
        if job.state != JobState.SUCCEEDED:
            reason = (job.error or {}).get("message", f"Its job was {job.get_state_display().lower()}.")
            raise Refusal("not_verified", f"{self._miniature.name} did not answer. {reason}", status=502)
        if job.result is None:
            raise Refusal("not_verified", "An erasure emptied its answers meanwhile.", hint="Ask again.", status=409)
        outputs: list[dict[str, Any]] = job.result.get("outputs") or []
        return [
            claim_task.verification_of(
                claim, output.get("fields"), output.get("probabilities") or {}, by=self._miniature.slug
            )
            for claim, output in zip(claims, outputs, strict=True)
        ]
