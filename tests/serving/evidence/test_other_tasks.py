"""An evidence file names no task but its own, and what it withholds can be checked all the same."""

from __future__ import annotations

import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from audit import trail
from audit.seals import sealing
from evaluation.studies import launch_study
from evaluation.studies.design import StudyRequest
from members.models import Member
from review.models import Task
from serving.evidence import layout
from serving.evidence.other_tasks import OtherTasks
from serving.evidence.verification import verify
from tests.review import factories
from tests.serving.evidence.test_make import rows, written
from tests.training.conftest import freeze
from training.models import Miniature, Student

pytestmark = pytest.mark.django_db


@pytest.fixture
def rivals(admin: Member) -> Task:
    return factories.make_task(by=admin, slug="rivals")


@pytest.mark.slow
def test_a_study_and_an_act_that_name_another_task_are_told_by_their_hash(
    miniature: Miniature, student: Student, rivals: Task, admin: Member, tmp_path: Path
) -> None:
    asked = StudyRequest(kind="transfer", seeds=(1, 2), epochs=1, recipes={"lora": "demo"})
    version = miniature.run.dataset_version
    study = launch_study.launch(
        asked, version=version, student=student, by=admin, others=[freeze(rivals, admin, train=12, validation=3)]
    )
    made = trail.record("claim_records_made", by=admin, about=miniature.task, task=miniature.task.slug, of=rivals.slug)
    sealing.seal_days(now=timezone.now() + timedelta(days=2))

    path = written(miniature, tmp_path, with_rows=True)

    [told] = [row for row in rows(path, layout.REGISTRATIONS) if row["kind"] == "study"]
    assert (told["id"], told["sha256"], told["withheld"]) == (str(study.pk), study.record_sha256, True)
    assert {row["id"] for row in rows(path, layout.AUDIT_ROWS) if row.get("withheld")} >= {made.pk}
    with zipfile.ZipFile(path) as archive:
        assert [name for name in archive.namelist() if b"rivals" in archive.read(name).lower()] == []
    check = verify(path)
    assert check.mismatches == []
    assert sum("name other tasks" in note for note in check.notes) == 2


def test_names_are_found_at_any_depth_and_roles_are_none(miniature: Miniature, admin: Member) -> None:
    factories.make_task(by=admin, slug="lead")
    others = OtherTasks(miniature.task)

    assert others.are_named_in({"a": [{"tasks": ["x", "lead"]}]}) and others.are_named_in({"lead": 1})
    assert not others.are_named_in({"role": "lead", "task": miniature.task.slug, "n": 3, "why": None})
    assert others.are_named_in_text('{"of": "lead"}') and others.are_named_in_text("about lead, in words")
    assert not others.are_named_in_text('{"of": "leads"}')
