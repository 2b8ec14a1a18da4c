from __future__ import annotations

import pytest

from members.models import Member
from review.drafts.intake import add_marks
from review.models import Draft
from tests.review import factories

pytestmark = pytest.mark.django_db
MARK = {
    "check": "own_address",
    "field": "body",
    "start": 0,
    "end": 4,
    "message": "An address",
    "severity": "error",
    "mend": "",
}


def test_marks_of_an_upper_room_stand_beside_those_of_the_task(admin: Member) -> None:
    factories.make_desk(by=admin, count=2)
    draft, other = Draft.objects.order_by("queue_position")
    before, own = list(draft.marks), other.marks_count

    counts = add_marks({draft.pk: [MARK]})

    draft.refresh_from_db()
    other.refresh_from_db()
    assert draft.marks == [*before, MARK]
    assert counts == {draft.pk: len(before) + 1}
    assert (draft.marks_count, other.marks_count) == (len(before) + 1, own)


def test_the_same_mark_is_not_doubled(admin: Member) -> None:
    factories.make_desk(by=admin, count=1)
    draft = Draft.objects.get()

    first = add_marks({draft.pk: [MARK, MARK]})
    again = add_marks({draft.pk: [MARK]})

    assert again == first
    draft.refresh_from_db()
    assert draft.marks.count(MARK) == 1
