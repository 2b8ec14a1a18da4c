"""What came of the mails that a miniature wrote stands on its page, and on that of the version it was trained on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from campaigns.models import Arm, Campaign, Pipeline, PipelineVersion, Stage, StageRun
from campaigns.outcomes import figures
from campaigns.states import ReplyClass
from generation.models import Teacher
from members.models import Member
from review.models import Draft, Task
from tests.campaigns import factories as campaigns
from tests.campaigns.answered_mails import reply, send
from tests.review import factories
from tests.training.conftest import freeze, write_student
from tests.training.miniatures import conclude
from training.models import Miniature
from training.runs import launch_run
from training.runs.run_request import RunRequest
from training.students import registration

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(admin: Member) -> Task:
    return factories.make_task(by=admin)


@pytest.fixture
def campaign(task: Task) -> Campaign:
    return campaigns.make_plain_campaign(task)


@pytest.fixture
def miniature(task: Task, admin: Member, tmp_path: Path, settings: Any) -> Miniature:
    settings.STUDENT_ROOTS = [tmp_path / "students"]
    folder = write_student(tmp_path / "students" / "tiny")
    student = registration.register_folder(path=str(folder), by=admin, name="Tiny", licence="Apache-2.0")
    version = freeze(task, admin, train=10, validation=2)
    run = launch_run.launch(RunRequest(dataset_version=version, student=student), recipe="demo", by=admin)
    return conclude(run, tmp_path / "run")


@pytest.fixture
def drafts(task: Task, miniature: Miniature) -> list[Draft]:
    """Those it was trained on."""
    return list(Draft.objects.filter(task=task).order_by("queue_position"))


@pytest.mark.slow
def test_a_miniature_and_the_version_it_learnt_from_say_what_came_of_its_mails(
    campaign: Campaign, drafts: list[Draft], miniature: Miniature, admin: Member, client: Client
) -> None:
    arm = Arm.objects.create(campaign=campaign, name="Small", position=1, miniature=miniature)
    reply(send(campaign, drafts[0], "ada", arm=arm), ReplyClass.INTERESTED)
    send(campaign, drafts[1], "ben", arm=arm)
    # A fixed text is nobody's, and the other mail another arm's.
    send(campaign, None, "cy", arm=arm)
    send(campaign, drafts[2], "dot")
    client.force_login(admin)
    version = miniature.run.dataset_version

    page = client.get(f"/miniatures/{miniature.pk}/").content.decode()
    [told] = client.get(f"/api/v1/miniatures/{miniature.pk}/").json()["mails"]
    of_version = client.get(f"/api/v1/dataset-versions/{version.pk}/").json()

    assert "2 mails sent" in page
    assert (told["sent"], told["replied"]) == (2, 1)
    assert of_version["mails_of_miniatures"] == [told]
    assert of_version["mails"][0]["sent"] == 3


def test_mails_with_a_stage_of_a_miniature_are_its_mails_too(
    campaign: Campaign, drafts: list[Draft], miniature: Miniature, admin: Member
) -> None:
    served = Teacher.objects.create(
        slug="mini", name="Mini", provider="offline", model="offline-composer", provided_by=f"serving:{miniature.pk}"
    )
    version = PipelineVersion.objects.create(
        pipeline=Pipeline.objects.create(task=campaign.task, slug="p", name="P"), number=1
    )
    stages = [
        Stage.objects.create(version=version, position=n, kind="verify", name=name, teacher=teacher)
        for n, (name, teacher) in enumerate([("verify", served), ("check", None)], start=1)
    ]
    for name, stage in zip(("ada", "ben"), stages, strict=True):
        StageRun.objects.create(message=send(campaign, None, name), stage=stage, state="passed")

    [told] = figures.of_miniatures([miniature.pk], by=admin)

    assert told.sent == 1
