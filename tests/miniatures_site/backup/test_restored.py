"""A restored installation is the one that was backed up: rows, files, triggers,
the sealed trail and its members' passwords.
"""

from __future__ import annotations

import re
import shutil

import pytest

from tests.miniatures_site.backup import seed
from tests.miniatures_site.backup.houses import House, facts, lets_in_with_the_password_alone, trials

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(1200)]
CHANGE = """
from django.core.management import call_command
from django.db import DatabaseError
from review.models import Decision
try:
    Decision.objects.update(note='x')
except DatabaseError as e:
    print('REFUSED', e)
call_command('makemigrations', check_changes=True, dry_run=True)
"""
SESSIONS = """
from django.contrib.sessions.models import Session
from tests.miniatures_site.backup import seed
print('SESSIONS', Session.objects.filter(session_key=seed.SESSION).count())
"""
# What only somebody with the database's own keys can do.
TAMPER = """
from audit.models import AuditRow
from review.db import immutability
with immutability.disabled():
    AuditRow.objects.filter(pk=AuditRow.objects.earliest('at').pk).update(actor='somebody else')
"""


@pytest.fixture(scope="module")
def restored(backup, build) -> House:
    """An installation that was nothing before the backup came; `restore` began as a person begins it."""
    new = build("new")
    said = new.run("restore", str(backup), from_nothing=True)
    assert "12 golds" in said
    assert "here before" not in said
    return new


@pytest.mark.slow
def test_everything_comes_back_and_still_refuses_change(lived, restored):
    assert facts(restored) == lived
    told = restored.python(CHANGE)
    assert "REFUSED" in told
    assert "no changes" in told.lower()


@pytest.mark.slow
def test_the_sealed_days_of_the_trail_come_back_and_hold(lived_in, restored):
    before, after = (house.run("verify_audit") for house in (lived_in, restored))

    days, rows = map(int, re.search(r"(\d+) days with (\d+) rows hold", after).groups())
    assert days >= len(seed.SEALED_DAYS_AGO)
    assert rows == len(seed.SEALED_DAYS_AGO)
    # The newest digest stands on all days before it.
    assert after == before


@pytest.mark.slow
def test_a_member_signs_in_with_their_password_and_not_with_another(restored):
    assert lets_in_with_the_password_alone(restored)


@pytest.mark.slow
def test_sessions_do_not_come_back_for_they_may_have_ended_since(lived_in, restored):
    assert "SESSIONS 1" in lived_in.python(SESSIONS)
    assert "SESSIONS 0" in restored.python(SESSIONS)


@pytest.mark.slow
def test_a_backup_whose_trail_does_not_hold_is_not_verified(lived_in, build, tmp_path):
    house = build("tampered", like=lived_in.database)
    shutil.copytree(lived_in.var / "artefacts", house.var / "artefacts")
    house.python(TAMPER)

    said = house.run("backup", str(tmp_path / "today"), fails=True)

    assert "NOT verified. The audit trail does not hold: Row " in said
    assert "was changed after the day was sealed" in said
    assert [line for line in trials(house) if "True False The audit trail does not hold" in line]
