"""Who verifies is found by name, and a miniature reads claims in jobs of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command

from campaigns.privacy import export_and_erase
from demo.data.claim_check import CLAIM_CHECK
from evaluation.verifier import choose
from jobs.lifecycle import wait
from jobs.models import Job
from jobs.states import JobState
from members.models import Member
from review.text.verification.finding import Claim
from tests.review import factories
from training.miniatures.claim_verifier import AT_ONCE, MiniatureVerifier
from training.models import Miniature
from web.errors import Refusal

pytestmark = pytest.mark.django_db
CLAIMS = [Claim("It has 40 trains.", f"It has 40 trains, {number} of them.") for number in range(AT_ONCE + 1)]


@pytest.fixture
def checker(miniature: Miniature) -> Miniature:
    """A miniature as if it had been tuned on the demo's task."""
    miniature.run.task_version = factories.make_task(
        by=miniature.run.created_by, spec=CLAIM_CHECK.spec, slug="claims"
    ).versions.get()
    return miniature


def ended(job: UUID, *, state: str = JobState.SUCCEEDED) -> Job:
    """A job as its engine would have ended it: sure of what says that none are there."""
    row = Job.objects.get(pk=job)
    outputs = [
        {"fields": {"supported": "0 of" in facts["claim"]},
            "probabilities": {"supported": {"true": 0.75 if "0 of" in facts["claim"] else 0.25}}}
        for facts in row.spec["records"]
    ]  # fmt: skip
    Job.objects.filter(pk=job).update(state=state, result={"outputs": outputs}, error={"message": "No memory."})
    return Job.objects.get(pk=job)


@pytest.mark.slow
def test_a_miniature_reads_claims_in_jobs_of_as_many_as_one_takes(checker: Miniature, admin: Member) -> None:
    answers = MiniatureVerifier(checker, by=admin, wait_for=ended).verify(CLAIMS)

    assert [len(job.spec["records"]) for job in Job.objects.filter(kind="write").order_by("created_at")] == [AT_ONCE, 1]
    assert [answer and (answer.supported, answer.score, answer.by) for answer in answers[:2]] == [
        (True, 0.75, checker.slug), (False, 0.25, checker.slug),
    ]  # fmt: skip
    assert len(answers) == len(CLAIMS)


@pytest.mark.slow
def test_a_job_that_failed_is_told_and_a_miniature_of_another_task_is_refused(
    miniature: Miniature, checker: Miniature, admin: Member
) -> None:
    with pytest.raises(Refusal, match="No memory"):
        MiniatureVerifier(checker, by=admin, wait_for=lambda job: ended(job, state=JobState.FAILED)).verify(CLAIMS[:1])
    with pytest.raises(Refusal) as refusal:
        choose.miniature(miniature.slug)
    assert refusal.value.code == "no_claim_task"


def test_an_erasure_empties_claims_whoever_they_are_about_and_waits_for_those_under_way(
    checker: Miniature, admin: Member
) -> None:
    def emptied(job: UUID) -> Job:
        with pytest.raises(Refusal, match="the job 'Check 1 claims' is queued"):
            export_and_erase.erase("ada@acme.example")
        other = ended(job)
        other.pk, other.title = uuid4(), "Check Point Software"
        other.save(force_insert=True)
        export_and_erase.erase("ada@acme.example")
        return Job.objects.get(pk=job)

    Job.objects.update(state=JobState.SUCCEEDED)
    with pytest.raises(Refusal, match="An erasure emptied its answers"):
        MiniatureVerifier(checker, by=admin, wait_for=emptied).verify(CLAIMS[:1])

    job, other = Job.objects.filter(kind="write").order_by("created_at")
    assert other.result is not None
    assert (job.spec["records"], job.result) == ([{}], None)
    assert job.texts_erased_at is not None


@pytest.mark.slow
def test_a_job_that_nobody_works_on_is_not_waited_for_without_end(checker: Miniature, admin: Member) -> None:
    verifier = MiniatureVerifier(checker, by=admin, wait_for=lambda job: wait.until_ended(job, idle_s=-1))

    with pytest.raises(Refusal) as refusal:
        verifier.verify(CLAIMS[:1])

    assert refusal.value.code == "not_worked_on"


def test_names_that_mean_nobody_or_several_are_refused(admin: Member, make_member: Callable[..., Member]) -> None:
    def code(find: Callable[..., Any], *args: Any, **named: Any) -> str:
        with pytest.raises(Refusal) as refusal:
            find(*args, **named)
        return refusal.value.code

    assert code(choose.miniature, "nobody") == "miniature_unknown"
    assert code(choose.teacher, "nobody", max_cost_usd=Decimal(1)) == "teacher_unknown"
    assert choose.member("") == admin
    assert code(choose.member, "nobody") == "member_unknown"
    assert code(choose.task_of, "") == "task_unknown"
    task = factories.make_task(by=admin, spec=CLAIM_CHECK.spec, slug="claims")
    assert choose.task_of("") == task == choose.task_of(task.slug)
    anna = make_member("anna")
    anna.is_superuser = True
    anna.save()
    assert code(choose.member, "") == "member_unknown"


def test_the_command_says_what_is_wrong_with_a_name_or_a_sum(tmp_path: Path, admin: Member) -> None:
    file = tmp_path / "claims.jsonl"
    file.write_text(json.dumps({"id": 1, "source": "It has 40 trains.", "text": "It has 40 trains."}))

    for options in (
        ["--miniature", "x"],
        ["--teacher", "x"],
        ["--teacher", "x", "--max-cost-usd", "NaN"],
        ["--rules", "--teacher", "x"],
    ):
        out = StringIO()
        with pytest.raises(CommandError, match=r"There is no|is not an amount|not allowed with"):
            call_command("check_claims", str(file), *options, stdout=out)
        assert out.getvalue() == ""
