"""A worker killed again and again while contacts go through every stage, from the page of their company to an answer.

`STRESS=1` kills it 200 times in 2,000 contacts; else a tenth as often in a hundredth of the contacts.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from campaigns.models import Campaign, InboxAnswer, Message, Reply, StageRun
from campaigns.states import AnswerState, MessageState, ReplyClass, StageState
from generation.models import Call, Order
from generation.orders import queries as orders
from generation.states import CallState
from jobs.models import Job
from jobs.states import JobState
from tests.campaigns.sending.conftest import IN_FULL
from tests.campaigns.under_fire import readers
from tests.campaigns.under_fire.conftest import Server, environment
from tests.campaigns.under_fire.kill_plan import STAGES
from tests.campaigns.under_fire.stage_provider import StageProvider

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.stress, pytest.mark.timeout(3600)]
CONTACTS, DEATHS_EACH, EVERY, ANSWERS = (2_000, 20, 31, 60) if IN_FULL else (24, 2, 7, 2)
LEFT = (MessageState.SENT, MessageState.UNKNOWN)


def walk(campaign: Campaign, server: Server, log: Path, deaths: dict[str, int]) -> dict[str, int]:
    """Have workers take a campaign to its end; deaths by stage."""
    told = [json.dumps(deaths), EVERY, log.with_name("wanted"), ANSWERS]
    command = [sys.executable, "-m", "tests.campaigns.under_fire.walker", str(campaign.pk), *map(str, told)]
    with log.open("w") as written:
        done = subprocess.run(
            command, cwd=django_settings.BASE_DIR, env=environment(server), stdout=subprocess.PIPE, stderr=written,
            text=True, check=False, timeout=3000,
        )  # fmt: skip
    assert done.returncode == 0, log.read_text()[-4000:]
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def test_a_worker_killed_in_every_stage_sends_and_pays_nothing_twice_and_lists_what_is_unknown(
    launch: Callable[[int], Campaign], server: Server, provider: StageProvider, tmp_path: Path
) -> None:
    campaign = launch(CONTACTS)
    wanted = dict.fromkeys(STAGES, DEATHS_EACH)

    deaths = walk(campaign, server, tmp_path / "walker.log", wanted)

    assert deaths == wanted
    assert "could not be moved on" not in (tmp_path / "walker.log").read_text()
    assert_nothing_went_twice(server)
    assert_nothing_was_paid_twice(provider)
    assert_every_mail_came_to_an_end()
    assert_replies_were_heeded()
    assert_answers_went(server)


def assert_nothing_went_twice(server: Server) -> None:
    accepted = server.accepted()
    mails = dict(Message.objects.exclude(message_id="").values_list("message_id", "state"))
    answers = dict(InboxAnswer.objects.exclude(message_id="").values_list("message_id", "state"))
    ours = {**mails, **answers}
    assert max(accepted.values()) == 1, "sent twice"
    assert {name for name, state in ours.items() if state == "sent"} <= set(accepted), "called sent, and never arrived"
    assert {ours.get(name) for name in accepted} <= {"sent", "unknown"}, "arrived, and is not even called unknown"
    unknown = [state for state in ours.values() if state == "unknown"]
    # A death leaves one mail in doubt at most.
    assert 0 < len(unknown) <= 2 * DEATHS_EACH


def assert_nothing_was_paid_twice(provider: StageProvider) -> None:
    calls = {str(call.pk): call for call in Call.objects.all()}
    answered = {pk for pk, call in calls.items() if call.state == CallState.ANSWERED}
    uncertain = {pk for pk, call in calls.items() if call.state == CallState.UNCERTAIN}
    assert max(provider.billed.values()) == 1, "a call was paid twice"
    assert max(provider.asked.values()) == 1, "the same was asked and paid twice"
    assert answered <= set(provider.billed) <= answered | uncertain, "a paid call was lost"
    assert uncertain, "no call was on the wire when an engine died"
    assert {str(call.pk) for order in Order.objects.all() for call in orders.uncertain_calls(order)} == uncertain
    assert {job.state for job in Job.objects.all()} == {JobState.SUCCEEDED}
    assert Job.objects.filter(kind="generation", attempts__gt=1).exists()


def assert_every_mail_came_to_an_end() -> None:
    """Sent, unknown, stopped by a label, or failed because the fate of its call is unknown."""
    assert not StageRun.objects.filter(state__in=(StageState.WAITING, StageState.ASKED)).exists()
    mails = Message.objects.exclude(state__in=LEFT)
    ends = {(mail.state, mail.problem.partition(": ")[2] or mail.problem) for mail in mails}
    in_doubt = "The outcome of its call is unknown; it may have been paid."
    assert ends == {("failed", in_doubt), ("stopped", "fit is poor.")}
    assert Message.objects.filter(step__number=1).count() == CONTACTS


def assert_replies_were_heeded() -> None:
    """Who answered gets no further mail of the sequence; others do, but where it is unknown whether the first came."""
    first, second = (Message.objects.filter(step__number=number, state__in=LEFT) for number in (1, 2))
    reached = set(first.values_list("contact__address", flat=True))
    wrote = {address for address in reached if readers.text_of(address)}
    assert set(Reply.objects.values_list("message__contact__address", flat=True)) == wrote
    assert Reply.objects.count() == len(wrote)
    sure = set(first.filter(state=MessageState.SENT).values_list("contact__address", flat=True))
    assert set(second.values_list("contact__address", flat=True)) == sure - wrote
    leave = {address for address in wrote if readers.LEAVES in readers.text_of(address)}
    left = Reply.objects.filter(meaning=ReplyClass.UNSUBSCRIBE).values_list("message__contact__address", flat=True)
    assert set(left) == leave


def assert_answers_went(server: Server) -> None:
    """Each was drafted, approved and sent once, but where its call or its mail is in doubt."""
    answers = InboxAnswer.objects.all()
    in_doubt = answers.filter(state=AnswerState.OPEN, problem__contains="outcome of its call")
    assert answers.exclude(state__in=(AnswerState.SENT, AnswerState.UNKNOWN)).count() == in_doubt.count()
    assert len({answer.reply_id for answer in answers}) == answers.count() == ANSWERS
    assert len(server.readers()) == Message.objects.filter(step__number=1, state__in=LEFT).count()
