"""Parts of a reproduction by themselves: who is tuned."""

from __future__ import annotations

from evaluation.paper import parts
from training.students import catalogue


def test_every_student_of_a_part_can_be_downloaded() -> None:
    known = [catalogue.find_known(hub_id=hub_id) for hub_id in parts.STUDENTS]

    assert not [student.hub_id for student in known if student and student.is_pickled]
