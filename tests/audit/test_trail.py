"""What is recorded, and that it stays as it was."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from audit import trail
from audit.browse import queries
from audit.browse.queries import TrailFilter
from audit.models import AuditDigest, AuditRow
from audit.seals import sealing
from audit.trail import ACTS
from members.models import Member

pytestmark = pytest.mark.django_db


def test_an_act_is_kept_by_ids_and_plain_values(admin: Member, reviewer: Member) -> None:
    trail.record("role_given", by=admin, about=reviewer, role="lead", tasks=["outreach"])

    row = AuditRow.objects.get()
    assert (row.actor, row.subject_kind, row.subject_id) == (str(admin.pk), "member", str(reviewer.pk))
    assert row.detail == {"role": "lead", "tasks": ["outreach"]}


def test_an_act_nobody_has_named_is_a_mistake_of_the_code(admin: Member) -> None:
    with pytest.raises(ValueError, match=r"audit/trail\.py"):
        trail.record("dreamed", by=admin)

    assert not AuditRow.objects.exists()


def test_what_is_rolled_back_leaves_no_row(admin: Member) -> None:
    with transaction.atomic():
        trail.record("invited", by=admin)
        transaction.set_rollback(True)

    assert not AuditRow.objects.exists()


def test_characters_that_a_database_cannot_keep_are_left_out(db: None) -> None:
    trail.record("sign_in_failed", by=None, why="a\x00b\ud800c\nd")

    assert AuditRow.objects.get().detail == {"why": "abcd"}


@pytest.mark.parametrize(("model", "change"), [(AuditRow, {"actor": "x"}), (AuditDigest, {"rows": 7})])
def test_rows_and_seals_refuse_update_and_delete(admin: Member, model: type, change: dict[str, object]) -> None:
    trail.record("invited", by=admin)
    AuditDigest.objects.create(day="2026-01-01", rows=0, digest="d" * 64)
    before = list(model.objects.values())

    for act in (lambda: model.objects.update(**change), lambda: model.objects.all()._raw_delete("default")):
        with pytest.raises(DatabaseError, match="audit trail"), transaction.atomic():
            act()

    assert list(model.objects.values()) == before


def test_truncating_is_refused_where_the_database_has_it(admin: Member) -> None:
    trail.record("invited", by=admin)
    if connection.vendor != "postgresql":
        return

    with pytest.raises(DatabaseError, match="audit trail"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE audit_auditrow")

    assert AuditRow.objects.exists()


def test_lines_narrow_by_act_person_subject_and_day(admin: Member, reviewer: Member) -> None:
    trail.record("invited", by=admin)
    trail.record("token_made", by=reviewer, about=reviewer)
    today = AuditRow.objects.latest("id").at.date()

    def acts(**asked: object) -> list[str]:
        return [line.act for line in queries.page(TrailFilter(**asked), before=None)[0]]

    assert acts() == ["token_made", "invited"]
    assert acts(act="invited") == ["invited"]
    assert acts(who="rob") == acts(subject=str(reviewer.pk)) == ["token_made"]
    assert acts(who="nobody at all") == []
    assert acts(since=today, until=today) == ["token_made", "invited"]
    assert acts(until=today - sealing.ONE_DAY) == []


def test_pages_end_where_the_next_begins(admin: Member) -> None:
    for _ in range(5):
        trail.record("invited", by=admin)

    first, before = queries.page(TrailFilter(), before=None, size=3)
    second, end = queries.page(TrailFilter(), before=before, size=3)

    ids = [line.id for line in (*first, *second)]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == 5
    assert end is None


def test_a_page_asks_twice_however_many_people_there_are(make_member, django_assert_num_queries) -> None:
    for number in range(8):
        trail.record("invited", by=make_member(f"member-{number}"))

    with django_assert_num_queries(2):
        lines, _ = queries.page(TrailFilter(), before=None)

    assert {line.who for line in lines} == {f"member-{number}" for number in range(8)}


def test_each_act_has_words_that_fit_its_column() -> None:
    longest = AuditRow._meta.get_field("act").max_length

    assert all(len(act) <= longest and label for act, label in ACTS.items())
