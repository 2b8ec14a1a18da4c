"""Every verdict of a real file, given again over HTTP, is in the end what the file says."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from members.models import Member
from review.models import Decision, Gold
from review.spec.values import normalise_text
from tests.review.replay import defacto

# Each request commits, as on a server: in one long transaction PostgreSQL keeps every version of every row.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.outside_data]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_replaying_1486_real_verdicts_gives_the_files_counts(
    outside_data: Path, admin: Member, make_member, api_as
) -> None:
    task, rows = defacto.played(outside_data, admin=admin, make_member=make_member, api_as=api_as)

    said = Counter(Decision.objects.filter(task=task).values_list("reviewer__username", "verdict"))
    wanted = Counter((f"annotator-{row.reviewer}", row.verdict) for row in rows)
    assert Counter(row.said for row in rows) == {"edit": 965, "accept": 444, "rewrite": 77}
    assert said == wanted
    assert Counter(Gold.objects.filter(task=task).values_list("verdict", flat=True)) == {"edit": 1042, "accept": 444}
    ended = Decision.objects.filter(task=task).values_list("draft__record__title", "fields")
    assert {title: fields["summary"] for title, fields in ended} == {
        row.title: normalise_text(row.final) for row in rows
    }
