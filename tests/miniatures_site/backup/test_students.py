"""Students of another host are found in this installation's own folder, and nothing else is taken for one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from members.models import Member
from miniatures_site.backup import restore
from tests.training.conftest import write_student
from training.models import Student
from training.students import registration

pytestmark = pytest.mark.django_db


@pytest.fixture
def student(settings, tmp_path, admin: Member) -> Student:
    """One that was registered on another host, whose folders came back under this installation's."""
    # That host's path holds the word `students` twice.
    settings.VAR_DIR = tmp_path / "students" / "var"
    settings.STUDENT_ROOTS = [settings.VAR_DIR / "students"]
    folder = write_student(settings.VAR_DIR / "students" / "small" / "tiny")
    student = registration.register_folder(path=str(folder), by=admin, licence="Apache-2.0")
    settings.VAR_DIR = tmp_path / "here"
    settings.STUDENT_ROOTS = [settings.VAR_DIR / "students"]
    shutil.copytree(tmp_path / "students" / "var" / "students", settings.VAR_DIR / "students")
    return student


def path_of(student: Student) -> Path:
    return Path(Student.objects.get(pk=student.pk).path)


def test_a_student_of_another_host_lies_here_after_a_restore(student, settings):
    assert restore.relocate_students() == [student.slug]

    assert path_of(student) == settings.VAR_DIR / "students" / "small" / "tiny"
    assert restore.relocate_students() == []


def test_a_student_that_can_be_read_where_its_row_says_stays_there(student, settings, tmp_path):
    settings.STUDENT_ROOTS = [tmp_path]

    assert restore.relocate_students() == []

    assert path_of(student) == Path(student.path)


def test_another_model_of_the_same_name_is_not_taken_for_it(student, settings):
    write_student(settings.VAR_DIR / "students" / "small" / "tiny", width=16)

    assert restore.relocate_students() == []

    assert path_of(student) == Path(student.path)


def test_a_student_that_did_not_come_back_keeps_its_path(student, settings):
    shutil.rmtree(settings.VAR_DIR / "students")

    assert restore.relocate_students() == []

    assert path_of(student) == Path(student.path)
