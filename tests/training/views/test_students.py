"""The page of students: the table of those in common use, and the form that registers one."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.training.conftest import write_student
from training.models import Student
from training.students.catalogue import KNOWN_STUDENTS
from training.students.published import PUBLISHED_STUDENTS

pytestmark = pytest.mark.django_db
PAGE = reverse("training:students")


def test_students_in_common_use_are_listed_with_recipe_and_memory(client, admin):
    client.force_login(admin)

    page = client.get(PAGE).content.decode()

    assert all(known.hub_id in page for known in (*KNOWN_STUDENTS, *PUBLISHED_STUDENTS))
    assert "the date is that of the run&#x27;s launch" in page
    assert "Let it think before it answers" in page


def test_whether_a_student_thinks_is_chosen_as_it_is_registered(client, admin, tmp_path, settings):
    settings.STUDENT_ROOTS = [tmp_path]
    client.force_login(admin)
    for name, chosen in (("quiet", {}), ("thinker", {"thinks": "on"})):
        folder = write_student(tmp_path / name)
        client.post(PAGE, {"source": "folder", "path": str(folder), **chosen})

    assert dict(Student.objects.values_list("slug", "thinks")) == {"quiet": False, "thinker": True}


def test_the_page_and_the_api_say_what_kind_each_student_is(client, admin, tmp_path, settings):
    settings.STUDENT_ROOTS = [tmp_path]
    client.force_login(admin)
    for name, values in (("reader", {"model_type": "bart", "is_encoder_decoder": True}), ("writer", {})):
        folder = write_student(tmp_path / name, **values)
        client.post(PAGE, {"source": "folder", "path": str(folder)})

    page = " ".join(client.get(PAGE).content.decode().split())
    listed = client.get("/api/v1/students/").json()["results"]

    assert "bart, encoder–decoder" in page and "llama, decoder" in page
    assert {student["slug"]: student["kind"] for student in listed} == {
        "reader": "encoder–decoder",
        "writer": "decoder",
    }


def test_the_page_says_which_students_the_hub_has_only_as_pickles(client, admin):
    client.force_login(admin)

    page = client.get(PAGE).content.decode()

    marked = [known.name for known in KNOWN_STUDENTS if known.is_pickled]
    assert marked == ["deberta-v3-base", "deberta-v3-large", "mdeberta-v3-base", "bart-large"]
    assert page.count("No safetensors on the hub") == len(marked)


def test_an_encoder_decoder_of_a_family_that_is_not_known_is_refused(client, admin, tmp_path, settings):
    settings.STUDENT_ROOTS = [tmp_path]
    client.force_login(admin)
    folder = write_student(tmp_path / "translator", model_type="marian", is_encoder_decoder=True)

    answer = client.post(PAGE, {"source": "folder", "path": str(folder)})

    assert answer.status_code == 422
    assert "(marian)" in answer.content.decode()


def test_a_student_that_cannot_be_served_is_refused_on_the_page_with_the_reason(client, admin, tmp_path, settings):
    settings.STUDENT_ROOTS = [tmp_path]
    client.force_login(admin)
    folder = write_student(tmp_path / "hybrid", model_type="falcon_h1")

    answer = client.post(PAGE, {"source": "folder", "path": str(folder)})

    assert answer.status_code == 422
    assert "vLLM or llama.cpp" in answer.content.decode()
