"""Questions about base models. Every member may know which there are."""

from __future__ import annotations

from django.db.models import Case, QuerySet, When

from training.models import Student
from training.students import catalogue
from training.students.catalogue import KnownStudent
from training.students.shipped import SHIPPED
from web.errors import Refusal


def all_students() -> QuerySet[Student]:
    """Students, those that come with the product first, then by name."""
    places = (When(slug=slug, then=place) for place, slug in enumerate(SHIPPED))
    return Student.objects.order_by("source", Case(*places, default=len(SHIPPED)), "name")


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
