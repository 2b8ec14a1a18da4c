"""What a launch form says before a run begins of rows that are too long for it."""

from __future__ import annotations

import pytest

from training.models import Student
from training.runs import forecast
from training.runs.run_request import RunRequest
from training.students import registration

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]


def notes(version, student, **over):
    return " ".join(
        forecast.forecast_of_form(
            RunRequest(dataset_version=version, student=student), recipe="demo", overrides=over
        ).notes
    )


def test_rows_that_look_longer_than_the_recipe_allows_are_told_with_the_way_out(version, student):
    said = notes(version, student, max_length=16)

    assert "rows look longer than 16 tokens" in said
    assert "Nothing is cut" in said
    assert "Raise max_length" in said


def test_where_the_student_reads_no_more_another_student_is_the_way_out(version, student):
    student.context_length = 16

    said = notes(version, student, max_length=1024)

    assert "rows look longer than 16 tokens" in said
    assert "Choose a student that reads more" in said


def test_a_hub_student_in_common_use_is_forecast_by_its_published_shape(version, admin):
    hub = registration.register_hub(hub_id="google/gemma-3-1b-it", revision="c0ffee" + "0" * 34, by=admin)

    said = notes(version, hub)
    guess = forecast.forecast_of_form(RunRequest(dataset_version=version, student=hub), recipe="paper-lora")

    assert "gemma-3-1b-it: the text of a system turn goes to the user's first turn" in said
    assert "Gemma Terms of Use" in said
    assert guess.memory_gib and 3 < guess.memory_gib < 30
    assert guess.seconds and guess.total_parameters and guess.trainable_parameters


def test_nothing_is_said_of_rows_that_fit(version, student):
    assert "longer than" not in notes(version, student)


def test_what_a_teacher_cannot_read_is_told_too(version, student):
    teacher = Student(name="Larger", slug="larger", context_length=16, parameters=1000)

    said = forecast.forecast_of_form(
        RunRequest(dataset_version=version, student=student, teacher=teacher), recipe="distil"
    ).notes

    assert any("rows look longer than 16 tokens" in note and "a student and a teacher" in note for note in said)
