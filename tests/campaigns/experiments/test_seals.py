"""An experiment in which a miniature writes puts its sealed registration into the miniature's evidence file."""

from __future__ import annotations

import hashlib

import pytest

from campaigns.experiments import register, seals
from campaigns.models import Arm, Campaign
from members.models import Member
from serving.evidence import model_parts
from tests.campaigns.experiments.conftest import WISHES
from tests.training.conftest import launch, miniature, student, version
from training.models import Miniature

__all__ = ["launch", "miniature", "student", "version"]
pytestmark = pytest.mark.django_db


def test_a_registration_comes_in_with_its_seal_where_the_miniature_writes(
    miniature: Miniature, campaign: Campaign, lead: Member
) -> None:
    assert seals.of_miniature(miniature) == []
    Arm.objects.filter(campaign=campaign, is_control=False).update(miniature=miniature)
    assert seals.of_miniature(miniature) == [], "it is a plan until it is registered"

    made = register.register(campaign, WISHES, by=lead)

    (sealed,) = model_parts.registrations(miniature)
    assert (sealed["kind"], sealed["name"], sealed["sha256"]) == ("experiment", made.slug, made.registration_sha256)
    assert hashlib.sha256(sealed["text"].encode()).hexdigest() == sealed["sha256"]
