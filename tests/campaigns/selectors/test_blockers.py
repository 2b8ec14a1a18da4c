from __future__ import annotations

import pytest

from campaigns.models import Campaign, Message
from campaigns.overview import blockers
from campaigns.states import MessageState
from review.models import Task
from tests.campaigns import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def sending(task: Task) -> Campaign:
    return factories.make_sending_campaign(task)


def refuse(campaign: Campaign, problems: list[str]) -> None:
    """Have a server refuse a mail of fixed text for each problem."""
    mails = factories.make_due_mails(campaign, len(problems))
    for mail, problem in zip(mails, problems, strict=True):
        Message.objects.filter(pk=mail.pk).update(
            state=MessageState.FAILED, problem=problem, sending_at=mail.due_at, draft=None
        )


def test_a_refusal_is_told_without_the_address_in_it(sending: Campaign) -> None:
    refuse(sending, [f"Refused: 550 5.1.1 <ada{number}@acme.example>: unknown" for number in range(7)])

    assert [trouble.message for trouble in blockers.blockers(sending)] == [
        "7 mails failed: Refused: 550 5.1.1 <[address]>: unknown"
    ]


def test_problems_beyond_the_fifth_are_counted_in_one_line(sending: Campaign) -> None:
    refuse(sending, [f"Refused: 554 reason {'abcdefg'[number % 7]}" for number in range(13)])

    told = [trouble.message for trouble in blockers.blockers(sending)]

    assert len(told) == 6
    assert told[0].startswith("2 mails failed: Refused: 554 reason ")
    assert told[-1] == "3 mails failed for other reasons."
