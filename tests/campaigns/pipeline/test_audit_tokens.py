"""What audits of routers ask is no part of what a mail takes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from campaigns.experiments import list_prices
from campaigns.experiments.list_prices import TokensOfMail
from campaigns.sending import tick
from campaigns.states import Approval
from generation.models import Call, Teacher
from serving.models import RouterVersion
from tests.campaigns import stage_rows
from tests.campaigns.routed_rows import Start, answer, asked, make_version, miniature, small, start

__all__ = ["make_version", "miniature", "small", "start"]

pytestmark = pytest.mark.django_db


def test_what_audits_ask_is_no_part_of_what_a_mail_takes(
    start: Start, make_version: Callable[..., RouterVersion], small: Teacher
) -> None:
    campaign = start(make_version(audit_share=1.0), approval=Approval.SAMPLE, sample_share=0.0)
    tick.advance_all()
    for _ in range(2):
        answer()
        tick.advance_all()
    Call.objects.update(input_tokens=100, output_tokens=10)

    assert asked(stage_rows.offline()) == 6
    assert list_prices.tokens_by_arm(campaign) == {"A": TokensOfMail(100, 10)}
