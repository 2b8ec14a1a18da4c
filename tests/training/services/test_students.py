"""Registering base models."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command

from tests.training.conftest import write_student
from training.models import Student
from training.students import queries, registration
from web.errors import Refusal

pytestmark = pytest.mark.django_db
COMMIT = "c0ffee" + "0" * 34


def test_a_hub_id_is_pinned_to_a_commit(admin):
    student = registration.register_hub(hub_id="owner/Model-0.6B", revision=COMMIT.upper(), by=admin)

    assert (student.slug, student.revision, student.parameters) == ("model-06b", COMMIT, None)


def test_a_hub_student_in_common_use_is_registered_with_what_its_card_says(admin):
    student = registration.register_hub(hub_id="Qwen/Qwen3-0.6B", revision=COMMIT, by=admin, thinks=True)

    assert (student.parameters, student.context_length, student.model_type) == (596_049_920, 40_960, "qwen3")
    assert (student.licence, student.thinks) == ("Apache-2.0", True)


def test_a_student_that_serving_cannot_hold_is_refused_at_the_door(admin, tmp_path, settings):
    settings.STUDENT_ROOTS = [tmp_path]
    folder = write_student(tmp_path / "hybrid", model_type="qwen3_next", layer_types=["linear_attention"])

    with pytest.raises(Refusal) as caught:
        registration.register_folder(path=str(folder), by=admin)

    assert (caught.value.code, caught.value.status) == ("student_not_servable", 422)
    assert not Student.objects.exists()


def test_a_folder_with_a_long_name_is_registered_by_its_beginning(admin, tmp_path, settings):
    settings.STUDENT_ROOTS = [tmp_path]

    student = registration.register_folder(path=str(write_student(tmp_path / ("a" * 200))), by=admin)

    student.clean_fields()
    assert student.name == "a" * 120


@pytest.mark.parametrize(
    ("hub_id", "revision", "field"),
    [("Qwen/Qwen3-0.6B", "main", "revision"), ("Qwen", COMMIT, "hub_id"), ("../../etc/passwd", COMMIT, "hub_id")],
)
def test_a_branch_or_a_name_that_is_none_is_refused(admin, hub_id, revision, field):
    with pytest.raises(Refusal) as caught:
        registration.register_hub(hub_id=hub_id, revision=revision, by=admin)

    assert set(caught.value.errors) == {field}
    assert not Student.objects.exists()


def test_only_an_admin_registers(lead, tmp_path):
    with pytest.raises(PermissionDenied):
        registration.register_folder(path=str(tmp_path), by=lead)
    with pytest.raises(PermissionDenied):
        registration.register_hub(hub_id="a/b", revision=COMMIT, by=lead)


def test_two_students_of_one_name_get_two_short_names(admin, tmp_path, settings):
    settings.STUDENT_ROOTS = [tmp_path]
    first = registration.register_folder(path=str(write_student(tmp_path / "a")), by=admin, name="Same")
    second = registration.register_folder(path=str(write_student(tmp_path / "b")), by=admin, name="Same")

    assert (first.slug, second.slug) == ("same", "same-2")


def test_the_hub_token_is_asked_for_only_where_one_is_set(admin, student, monkeypatch):
    hub = registration.register_hub(hub_id="a/b", revision=COMMIT, by=admin)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    without = registration.secret_refs(hub)
    monkeypatch.setenv("HF_TOKEN", "hf_x")

    assert without == []
    assert registration.secret_refs(hub) == ["HF_TOKEN"]
    assert registration.secret_refs(student) == []


def test_the_demos_students_are_registered_once_and_kept_up_to_date(tmp_path, settings, capsys):
    settings.DEMO_STUDENT_DIR = write_student(tmp_path / "weights")
    settings.DEMO_ENCODER_DIR = write_student(
        tmp_path / "encoder", model_type="modernbert", architectures=["ModernBertModel"]
    )
    call_command("register_demo_student")
    first = Student.objects.get(slug="demo").manifest_sha256
    (tmp_path / "weights" / "tokenizer.json").write_text('{"new": 1}')
    call_command("register_demo_student")

    student, encoder = queries.all_students()
    assert (student.slug, encoder.slug) == ("demo", "demo-encoder")
    assert student.is_demo
    assert encoder.is_demo
    assert student.manifest_sha256 != first
    assert registration.folder_of(student) == tmp_path / "weights"
    assert registration.folder_of(encoder) == tmp_path / "encoder"
    assert {str(tmp_path / "weights"), str(tmp_path / "encoder")} <= set(registration.allowed_roots())
