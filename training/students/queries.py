"""Questions about base models. Every member may know which there are."""

from __future__ import annotations

from django.db.models import Case, QuerySet, When

from training.models import Student
from training.students import catalogue, registration
from training.students.catalogue import KnownStudent
from web.errors import Refusal


def all_students() -> QuerySet[Student]:
    """Students, the demo's first, then by name."""
    return Student.objects.order_by("source", Case(When(slug=registration.DEMO_SLUG, then=0), default=1), "name")


def known_student(student: Student) -> KnownStudent | None:
    """Return what is known of a student in common use; None for any other."""
    return catalogue.find_known(hub_id=student.hub_id, family=student.model_type, parameters=student.parameters)


def by_slug(slug: str, *, field: str = "student") -> Student:
    """A student by its short name; `field` is what a request called it.

    Raises:
        Refusal: 400, there is none; names those there are.
    """
    student = Student.objects.filter(slug=slug).first()
    if student is not None:
        return student
    slugs = ", ".join(Student.objects.order_by("slug").values_list("slug", flat=True)) or "none yet"
    raise Refusal(
        "student_unknown",
        f"There is no student '{slug}'.",
        hint=f"Registered are: {slugs}.",
        status=400,
        errors={field: [f"There is no student '{slug}'. Registered are: {slugs}."]},
    )
