"""Days are sealed once, in order, and any later change of a row is found and named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from audit import trail
from audit.models import AuditDigest, AuditRow
from audit.seals import sealing
from tests.audit.conftest import NOW
from web.db import database_clock

pytestmark = pytest.mark.django_db


def test_every_ended_day_gets_a_seal_and_today_none(rows):
    made = sealing.seal_days(now=NOW)

    assert [(seal.day.day, seal.rows) for seal in made] == [(2, 2), (3, 0), (4, 2), (5, 0)]
    assert [seal.previous for seal in made] == ["", *(seal.digest for seal in made[:-1])]
    assert len({seal.digest for seal in made}) == 4


def test_a_day_waits_an_hour_for_transactions_that_began_before_midnight(rows):
    early = sealing.seal_days(now=NOW.replace(day=5, hour=0, minute=59))
    late = sealing.seal_days(now=NOW.replace(day=5, hour=1, minute=0))

    assert [seal.day.day for seal in early] == [2, 3]
    assert [seal.day.day for seal in late] == [4]


def test_sealing_twice_changes_nothing(rows):
    first = [seal.digest for seal in sealing.seal_days(now=NOW)]

    assert sealing.seal_days(now=NOW) == []
    assert list(AuditDigest.objects.order_by("day").values_list("digest", flat=True)) == first


def test_an_untouched_trail_holds(rows):
    sealing.seal_days(now=NOW)

    verdict = sealing.verify()

    assert (verdict.days, verdict.rows, verdict.trouble) == (4, 4, "")


def test_an_empty_trail_has_nothing_to_seal(db):
    assert sealing.seal_days(now=NOW) == []
    assert sealing.verify().trouble == ""


@pytest.fixture
def database_is_off_by() -> Iterator[Callable[[timedelta], None]]:
    """Have the database's clock differ from this host's."""
    yield lambda by: database_clock.remember(timezone.now() + by)
    database_clock.forget()


@pytest.mark.parametrize("by", [timedelta(days=-2), timedelta(days=2)])
def test_a_day_is_sealed_when_it_is_over_by_the_clocks_of_host_and_database(database_is_off_by, by):
    now = timezone.now()
    AuditRow.objects.create(at=now - timedelta(days=5), act="invited")
    database_is_off_by(by)

    made = sealing.seal_days()

    assert made[-1].day == (min(now, now + by) - sealing.GRACE).date() - sealing.ONE_DAY


@pytest.mark.parametrize("by", [timedelta(days=-2), timedelta(), timedelta(days=2)])
def test_no_act_falls_into_a_day_that_was_sealed_by_a_clock_ahead(admin, database_is_off_by, by):
    trail.record("invited", by=admin)
    sealing.seal_days(now=timezone.now() + timedelta(days=1, hours=1))
    database_is_off_by(by)

    row = trail.record("invited", by=admin)

    assert sealing.verify().trouble == ""
    assert [seal.rows for seal in sealing.seal_days(now=row.at + timedelta(days=1, hours=1))][-1] == 1
    assert sealing.verify().trouble == ""


@pytest.mark.parametrize(
    "values", [{"actor": "x"}, {"act": "signed_in"}, {"subject_id": "x"}, {"detail": {"n": 9}}, {"subject_kind": "x"}]
)
def test_a_changed_row_is_named(rows, tamper, values):
    sealing.seal_days(now=NOW)

    tamper(lambda: AuditRow.objects.filter(pk=rows[2].pk).update(**values))

    assert sealing.verify().trouble == f"Row {rows[2].pk} of 2026-03-04 was changed after the day was sealed."


def test_a_time_moved_by_a_microsecond_is_found(rows, tamper):
    sealing.seal_days(now=NOW)

    tamper(lambda: AuditRow.objects.filter(pk=rows[1].pk).update(at=rows[1].at + timedelta(microseconds=1)))

    assert f"Row {rows[1].pk}" in sealing.verify().trouble


def test_a_deleted_row_is_named(rows, tamper):
    sealing.seal_days(now=NOW)

    tamper(lambda: AuditRow.objects.filter(pk=rows[0].pk).delete())

    assert sealing.verify().trouble == f"Row {rows[0].pk} of 2026-03-02 is gone."


def test_a_row_slipped_into_a_sealed_day_is_named(rows):
    sealing.seal_days(now=NOW)

    late = AuditRow.objects.create(at=NOW.replace(day=3), act="invited")

    assert sealing.verify().trouble == f"Row {late.pk} of 2026-03-03 was added after the day was sealed."


def test_a_row_before_the_first_sealed_day_is_found(rows):
    sealing.seal_days(now=NOW)

    AuditRow.objects.create(at=NOW.replace(day=1), act="invited")

    assert "before the first sealed day" in sealing.verify().trouble


def test_a_removed_seal_breaks_the_chain(rows, tamper):
    sealing.seal_days(now=NOW)

    tamper(lambda: AuditDigest.objects.filter(day="2026-03-03").delete())

    assert sealing.verify().trouble == "The seal of 2026-03-03 is missing."


@pytest.mark.parametrize("values", [{"digest": "0" * 64}, {"leaves": "1:0000000000000000"}])
def test_a_changed_seal_is_found(rows, tamper, values):
    sealing.seal_days(now=NOW)

    tamper(lambda: AuditDigest.objects.filter(day="2026-03-03").update(**values))

    assert "2026-03-03" in sealing.verify().trouble


def test_a_trail_forged_as_a_whole_is_found_by_what_was_written_down(rows, tamper):
    honest = sealing.seal_days(now=NOW)
    known = {date(2026, 3, 5): honest[-1].digest}

    def forge():
        AuditRow.objects.filter(pk=rows[0].pk).update(actor="somebody else")
        AuditDigest.objects.all().delete()
        sealing.seal_days(now=NOW)

    tamper(forge)

    assert sealing.verify().trouble == ""
    assert "was written down" in sealing.verify(known).trouble


def test_seals_cut_off_at_the_end_are_found_by_what_was_written_down(rows, tamper):
    honest = sealing.seal_days(now=NOW)

    tamper(lambda: AuditDigest.objects.filter(day="2026-03-05").delete())

    assert sealing.verify({honest[-1].day: honest[-1].digest}).trouble == (
        "The seal of 2026-03-05 was written down and is gone."
    )


def test_a_beginning_cut_off_is_found_by_what_was_written_down(rows, tamper):
    first = sealing.seal_days(now=NOW)[0]

    def forge():
        AuditRow.objects.filter(at__date=first.day).delete()
        AuditDigest.objects.all().delete()
        sealing.seal_days(now=NOW)

    tamper(forge)

    assert sealing.verify().trouble == ""
    assert sealing.verify({first.day: first.digest}).trouble == "The seal of 2026-03-02 was written down and is gone."


@pytest.mark.slow
def test_the_commands_seal_and_verify(rows, tamper, capsys):
    call_command("audit_digest")
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("Newest seal: "))
    call_command("verify_audit", "--known", line.removeprefix("Newest seal: ").split(".")[0])
    assert "hold" in capsys.readouterr().out

    tamper(lambda: AuditRow.objects.filter(pk=rows[3].pk).update(act="signed_out"))

    with pytest.raises(CommandError, match=f"Row {rows[3].pk} of 2026-03-04 was changed"):
        call_command("verify_audit")


@pytest.mark.parametrize(
    ("known", "sentence"),
    [
        (["yesterday=abc"], "write it as"),
        (["2026-03-05="], "write it as"),
        (["2026-03-05=abc", "2026-03-05=abd"], "--known names 2026-03-05 twice, with two digests"),
    ],
)
def test_known_seals_that_cannot_be_held_against_the_trail_are_refused(rows, known, sentence):
    sealing.seal_days(now=NOW)

    with pytest.raises(CommandError, match=sentence):
        call_command("verify_audit", known=known)
