"""Ordering the isolation of a mixture's experts, and the students that are registered at its end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command

from jobs.lifecycle import control
from jobs.models import Job
from members.models import Member
from review.models import DatasetVersion
from training.models import Student
from training.runs import isolating
from training.states import StudentSource
from web.errors import Refusal

pytestmark = pytest.mark.django_db
FACTS = {"manifest_sha256": "a" * 64, "bytes": 9, "model_type": "mistral", "parameters": 9, "context_length": 512}


@pytest.fixture
def mixture() -> Student:
    return Student.objects.create(
        slug="mixtral", name="Mixtral", source=StudentSource.HUB, hub_id="maker/mixtral", revision="c" * 40,
        model_type="mixtral", licence="Apache-2.0",
    )  # fmt: skip


def summary_of(job: Job, folder: Path) -> dict[str, Any]:
    """What an engine reports that wrote the folders it was told."""
    spec = isolating.isolation_spec(job, folder)
    return {choice: {**FACTS, "path": spec[choice]} for choice in isolating.CHOICES}


def test_the_same_texts_are_isolated_by_once_and_register_two_students_once(
    version: DatasetVersion, mixture: Student, admin: Member, tmp_path: Path
) -> None:
    job = isolating.order(mixture, version=version, by=admin)

    assert isolating.order(mixture, version=version, by=admin) == job
    assert isolating.isolated(mixture, version) == []
    for _ in range(2):
        isolating.conclude(job, summary_of(job, tmp_path))
    most, least = isolating.isolated(mixture, version)
    assert (most.name, least.name) == ("Mixtral experts used most", "Mixtral experts used least")
    assert {most.licence, least.licence} == {"Apache-2.0"}
    assert Student.objects.filter(model_type="mistral").count() == 2


def test_students_of_a_mixture_with_a_long_name_are_told_apart(
    version: DatasetVersion, mixture: Student, admin: Member, tmp_path: Path
) -> None:
    Student.objects.filter(pk=mixture.pk).update(name="M" * 120)
    job = isolating.order(mixture, version=version, by=admin)

    isolating.conclude(job, summary_of(job, tmp_path))

    most, least = isolating.isolated(mixture, version)
    most.clean_fields()
    assert (most.name[-5:], least.name[-6:]) == (" most", " least")


def test_the_engine_is_given_the_pinned_mixture_and_the_frozen_rows(
    version: DatasetVersion, mixture: Student, admin: Member, tmp_path: Path
) -> None:
    spec = isolating.isolation_spec(isolating.order(mixture, version=version, by=admin), tmp_path)

    assert spec["student"] == {"hub_id": "maker/mixtral", "revision": "c" * 40, "licence": "Apache-2.0"}
    assert len((tmp_path / spec["texts_file"]).read_text().splitlines()) == 10
    assert all(version.content_hash[:12] in spec[choice] for choice in isolating.CHOICES)


def test_one_that_was_cancelled_is_ordered_anew(version: DatasetVersion, mixture: Student, admin: Member) -> None:
    job = isolating.order(mixture, version=version, by=admin)
    control.cancel(job, by=admin)

    assert isolating.order(mixture, version=version, by=admin) != job


def test_a_dense_student_is_refused_and_so_is_a_lead(
    version: DatasetVersion, mixture: Student, admin: Member, lead: Member
) -> None:
    with pytest.raises(PermissionDenied):
        isolating.order(mixture, version=version, by=lead)
    mixture.model_type = "mistral"
    with pytest.raises(Refusal) as refused:
        isolating.order(mixture, version=version, by=admin)
    assert refused.value.code == "no_mixture"


def test_the_command_orders_it_and_names_what_is_wrong(
    version: DatasetVersion, mixture: Student, admin: Member, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("isolate_experts", mixture.slug, str(version.pk), by=admin.username)

    assert capsys.readouterr().out == f"Ordered: /jobs/{Job.objects.get(kind=isolating.KIND).pk}/\n"
    for student, version_id, by, words in (
        ("none", str(version.pk), admin.username, "There is no student 'none'"),
        (mixture.slug, "gold/3", admin.username, "There is no dataset version with this id"),
        (mixture.slug, str(version.pk), "none", "Member"),
    ):
        with pytest.raises(CommandError, match=words):
            call_command("isolate_experts", student, version_id, by=by)


@pytest.mark.engine
def test_the_mixtures_that_are_ordered_are_those_that_the_engine_knows() -> None:
    from training.engine import isolate_expert

    assert set(isolating.MIXTURES) == set(isolate_expert.DENSE)
