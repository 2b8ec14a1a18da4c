"""Runs and miniatures say when what they learnt from was taken out of use or erased since."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from rest_framework.test import APIClient

from members.models import Member
from review.datasets import revocations
from review.erasure.erase import erase_records
from review.models import DatasetRow
from training.models import Miniature

pytestmark = pytest.mark.django_db


def test_nothing_is_said_while_all_is_in_use(
    miniature: Miniature, admin: Member, api_as: Callable[..., APIClient], as_member: Callable[[Member], Client]
) -> None:
    told = api_as(admin).get(f"/api/v1/miniatures/{miniature.pk}/").json()

    assert (told["contains_revoked"], told["contains_erased"]) == (False, False)
    assert "Contains" not in as_member(admin).get(f"/miniatures/{miniature.pk}/").content.decode()


@pytest.mark.slow
def test_run_and_miniature_are_marked_once_a_sample_is_revoked_and_another_erased(
    miniature: Miniature, admin: Member, api_as: Callable[..., APIClient], as_member: Callable[[Member], Client]
) -> None:
    rows = DatasetRow.objects.filter(version=miniature.run.dataset_version).select_related("draft").order_by("pk")
    revocations.revoke(rows[0].draft_id, by=admin, reason="Withdrawn.")
    erase_records([rows[1].draft.record_id])
    api, client = api_as(admin), as_member(admin)

    run, told = (api.get(f"/api/v1/{path}/").json() for path in (
        f"training-runs/{miniature.run_id}", f"miniatures/{miniature.pk}",
    ))  # fmt: skip
    pages = [client.get(f"/{path}/").content.decode() for path in (
        f"training/{miniature.run_id}", f"miniatures/{miniature.pk}",
    )]  # fmt: skip

    assert (run["contains_revoked"], run["contains_erased"]) == (True, True)
    assert (told["contains_revoked"], told["contains_erased"]) == (True, True)
    assert told["lineage"]["dataset_version"]["revoked_rows"] == 1
    assert all("Contains 1 revoked sample and 1 erased." in page for page in pages)
