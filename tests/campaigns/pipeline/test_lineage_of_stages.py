from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from campaigns.mails import lineage
from campaigns.models import Arm, Campaign, Message
from campaigns.planning.plans import ArmPlan, StepPlan
from campaigns.sending import lifecycle, tick
from campaigns.states import Approval, StepWriter
from generation.models import Teacher
from members.models import Member
from review.models import Draft, Record, Task
from tests.campaigns import factories
from tests.campaigns.pipeline.conftest import answer_orders, judge
from tests.training.conftest import freeze, write_student
from tests.training.miniatures import conclude
from training.models import Miniature
from training.runs import launch_run
from training.runs.run_request import RunRequest
from training.students import registration

pytestmark = pytest.mark.django_db


@pytest.fixture
def miniature(task: Task, admin: Member, tmp_path: Path, settings: Any) -> Miniature:
    """Tuned on the decisions of one member on 14 drafts."""
    settings.STUDENT_ROOTS = [tmp_path / "students"]
    version = freeze(task, admin, train=10, validation=2)
    folder = write_student(tmp_path / "students" / "tiny")
    student = registration.register_folder(path=str(folder), by=admin, name="Tiny", licence="Apache-2.0")
    return conclude(
        launch_run.launch(RunRequest(dataset_version=version, student=student), recipe="demo", by=admin),
        tmp_path / "run",
    )


@pytest.fixture
def written(task: Task, people: None, lead: Member, miniature: Miniature) -> Campaign:
    served = Teacher.objects.create(
        slug="mini",
        name="Miniature",
        provider="offline",
        model="offline-composer",
        provided_by=f"serving:{miniature.pk}",
    )
    campaign = factories.make_draft_campaign(task, by=lead, arms=[ArmPlan("Miniature", teacher=served)])
    # Asked as the offline teacher from here on: no served engine stands behind it in this test.
    Teacher.objects.filter(pk=served.pk).update(provided_by="")
    lifecycle.launch(campaign, by=lead)
    tick.advance_all()
    answer_orders()
    tick.advance_all()
    return campaign


def test_an_arm_knows_the_miniature_behind_its_teacher(written: Campaign, miniature: Miniature) -> None:
    assert Arm.objects.get().miniature == miniature


@pytest.mark.slow
def test_a_mail_leads_back_to_the_decisions_that_made_its_miniature(
    written: Campaign, miniature: Miniature, admin: Member, lead: Member
) -> None:
    draft = Draft.objects.filter(origin="campaign").order_by("queue_position")[0]
    judge(draft, lead, "accept")

    found = {station.kind: station for station in lineage.lineage_of(Message.objects.get(draft=draft))}

    assert list(found) == [
        "Mail", "Draft", "Decision", "Writer", "Order", "Miniature", "Run", "Dataset", "Judged drafts", "Reviewers",
    ]  # fmt: skip
    version = miniature.run.dataset_version
    assert found["Decision"].name.endswith(f"by {lead.name}")
    assert found["Miniature"].url == f"/miniatures/{miniature.pk}/"
    assert found["Dataset"].name == f"{version.dataset.name} v{version.number}"
    assert found["Judged drafts"].note == "14 accept"
    assert found["Reviewers"].name == f"{admin.username} (14)"


@pytest.mark.slow
def test_what_it_learnt_from_begins_with_the_same_company(
    written: Campaign, miniature: Miniature, as_member: Callable[[Member], Client], lead: Member
) -> None:
    row = miniature.run.dataset_version.rows.select_related("draft__record").order_by("decision__created_at")[0]
    mail = Message.objects.filter(campaign=written).select_related("contact__record")[0]
    Record.objects.filter(pk=mail.contact.record_id).update(group=row.draft.record.group)
    mail = Message.objects.get(pk=mail.pk)

    taught = lineage.training_decisions(mail)
    page = as_member(lead).get(f"/campaigns/{written.slug}/mails/{mail.pk}/").content.decode()

    assert len(taught) == lineage.DECISIONS_SHOWN
    assert taught[0].title == row.draft.record.title
    assert f"/tasks/{written.task.slug}/review/drafts/{row.draft_id}/" in page


@pytest.mark.slow
def test_a_mail_nobody_saw_and_a_fixed_text_say_so(task: Task, people: None, lead: Member) -> None:
    text = StepPlan(StepWriter.TEMPLATE, 0, "Hello", "Hi {{contact.first_name}}")
    fixed = factories.make_draft_campaign(
        task, by=lead, slug="fixed", steps=[text], approval=Approval.SAMPLE, sample_share=0.0
    )
    unseen = factories.make_draft_campaign(task, by=lead, slug="unseen", approval=Approval.SAMPLE, sample_share=0.0)
    for campaign in (fixed, unseen):
        lifecycle.launch(campaign, by=lead)
    tick.advance_all()
    answer_orders()
    tick.advance_all()

    told = {mail.campaign.slug: [station.name for station in lineage.lineage_of(mail)] for mail in _one_each()}

    assert "The fixed text of mail 1" in told["fixed"]
    assert "No person saw it" in told["unseen"]


def _one_each() -> list[Message]:
    return [Message.objects.filter(campaign__slug=slug, needs_approval=False)[0] for slug in ("fixed", "unseen")]
