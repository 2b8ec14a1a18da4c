"""Published agreement of real annotators, read off the agreement page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from members.models import Member
from review.models import Decision, Draft
from tests.review.replay import qags

pytestmark = [pytest.mark.django_db, pytest.mark.outside_data]


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(("subset", "published"), [("cnndm", 0.5135), ("xsum", 0.3421)])
def test_the_page_says_what_was_published(
    outside_data: Path, admin: Member, api_as, as_member, subset: str, published: float
) -> None:
    task = qags.bring_in(outside_data, subset, lead=admin, api=api_as(admin))

    page = as_member(admin).get(f"/tasks/{task.slug}/review/agreement/").content.decode()
    answer = api_as(admin).get(f"/api/v1/tasks/{task.slug}/agreement/").json()

    assert Decision.objects.count() == 3 * Draft.objects.count() == len(qags.rows(outside_data, subset))
    row = page[page.index('<tr id="verdict">') :]
    shown = float(re.search(r'title="(-?[\d.]+)"', row).group(1))
    assert shown == pytest.approx(published, abs=5e-4)
    verdict = answer["comparisons"][0]
    assert verdict["krippendorff_alpha"]["value"] == pytest.approx(published, abs=5e-4)
    assert verdict["krippendorff_alpha"]["low"] < published < verdict["krippendorff_alpha"]["high"]
    assert verdict["drafts"] == Draft.objects.count()
