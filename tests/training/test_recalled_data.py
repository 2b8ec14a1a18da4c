"""What was tuned on recalled drafts is named before and after, and where the like of it is tuned again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from campaigns.states import CampaignState
from members.models import Member
from review.datasets.recalls import preview
from review.datasets.recalls.preview import Criteria
from review.models import DatasetRow, DatasetVersion, Draft
from review.ports import Dependent
from serving.models import Promotion
from tests.campaigns import factories as campaigns
from training.models import Miniature

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]


@pytest.fixture
def dependents(miniature: Miniature, admin: Member) -> Callable[[], list[Dependent]]:
    """Asks what rests on one draft that the miniature learnt from."""
    row = DatasetRow.objects.filter(version=miniature.run.dataset_version).order_by("pk")[0]
    Draft.objects.filter(pk=row.draft_id).update(teacher="doubted")
    chosen = Criteria(teacher="doubted")
    return lambda: preview.preview(miniature.task, chosen, by=admin).dependents


def test_a_miniature_is_named_and_once_a_newer_version_is_frozen_where_to_tune_again(
    miniature: Miniature, dependents: Callable[[], list[Dependent]]
) -> None:
    used = miniature.run.dataset_version

    before = dependents()
    newer = DatasetVersion.objects.create(dataset=used.dataset, number=used.number + 1, frozen_at=used.frozen_at)
    after = dependents()

    assert [(each.kind, each.name, each.remake_url) for each in before] == [("Miniature", miniature.name, "")]
    assert f"dataset_version={newer.pk}&student={miniature.student.slug}" in after[0].remake_url
    assert after[0].remake == f"Tune again on version {newer.number}"


def test_one_in_service_and_a_campaign_it_writes_for_are_named_too(
    miniature: Miniature, admin: Member, dependents: Callable[[], list[Dependent]]
) -> None:
    Promotion.objects.create(task=miniature.task, miniature=miniature, act="promote", by=admin)
    campaign = campaigns.make_sending_campaign(miniature.task, slug="spring", name="Spring")
    campaign.arms.create(name="One", position=0, weight=1, miniature=miniature)
    ended = campaigns.make_sending_campaign(miniature.task, slug="autumn", name="Autumn")
    ended.arms.create(name="One", position=0, weight=1, miniature=miniature)
    type(ended).objects.filter(pk=ended.pk).update(state=CampaignState.ENDED)

    named = {each.kind: each.name for each in dependents()}

    assert named == {"Miniature": miniature.name, "In service": miniature.name, "Campaign": "Spring"}


def test_the_page_links_to_each(
    miniature: Miniature,
    admin: Member,
    dependents: Callable[[], list[Dependent]],
    as_member: Callable[[Member], Client],
) -> None:
    address = f"/tasks/{miniature.task.slug}/recalls/?teacher=doubted"

    page = as_member(admin).get(address).content.decode()

    assert f'href="/miniatures/{miniature.pk}/"' in page
    assert "Recall 1 draft</button>" in page
