"""A teacher as a verifier: claims in, answers out, by an order that its task's budget pays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from generation.claims import launch
from generation.models import Teacher
from jobs.lifecycle import wait
from jobs.models import Job
from members.models import Member
from review.models import Task
from review.text.verification.finding import Claim, Verification
from web.errors import Refusal


@dataclass(frozen=True)
class TeacherVerifier:
    """A teacher that says whether passages support claims.

    Attributes:
        task: Whose budget pays, beside that of the installation.
        max_cost_usd: What it may cost at most; needed where the teacher costs anything.
    """

    teacher: Teacher
    task: Task
    by: Member
    max_cost_usd: Decimal | None = None
    wait_for: Callable[[UUID], Job] = wait.until_ended

    def verify(self, claims: Sequence[Claim]) -> list[Verification | None]:
        """Have it read claims; None where it gave no answer, as when the budget was used up.

        Blocks until its orders have ended.

        Raises:
            PermissionDenied: The member does not lead the task.
            Refusal: As for `launch.ask`; `not_verified`, it answered nothing at all; 503 `not_worked_on`, no worker ran
                an order.
        """
        checks = launch.ask(self.task, claims, teacher=self.teacher, by=self.by, max_cost_usd=self.max_cost_usd)
        jobs = [check.order.job_id for check in checks if check.order.job_id]
        for job in jobs:
            self.wait_for(job)
        answers = launch.answers(self.task, self.teacher)
        verifications = [answers.get(launch.key_of(claim)) for claim in claims]
        if claims and not any(verifications):
            raise Refusal("not_verified", f"{self.teacher.name} answered nothing.", hint=_reason(jobs), status=502)
        return verifications


def _reason(job_ids: Sequence[UUID]) -> str:
    jobs = Job.objects.filter(pk__in=job_ids)
    messages = [f"{(job.error or {}).get('message', '')} See /jobs/{job.pk}/.".strip() for job in jobs]
    return " ".join(messages) or "Ask once more."
