"""A worker that takes the contacts of one campaign through all its stages, killed by plan and begun again.

`python -m tests.campaigns.under_fire.walker CAMPAIGN DEATHS EVERY WANTED ANSWERS`: its id, what a `KillPlan` takes, and
how many replies get an answer. Each child ticks, carries jobs, decides on the desk, hands in replies and answers them,
all of it from what the rows say; the last one ends by itself. The deaths are printed at the end. Engines are forked
from one that has imported everything.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import wraps
from pathlib import Path
from typing import Any

import django

django.setup()

from django.db import connections  # noqa: E402
from django.urls import get_resolver  # noqa: E402
from django.utils import timezone  # noqa: E402

from campaigns.answers import ask as answer_ask  # noqa: E402
from campaigns.answers import write as answers  # noqa: E402
from campaigns.models import Campaign, InboxAnswer, Message, Reply, Stage, StageOrder, WriteOrder  # noqa: E402
from campaigns.pipelines import ask, checks, collect, run  # noqa: E402
from campaigns.replies import ask_teacher, receive, record_reply  # noqa: E402
from campaigns.replies.sorting import RULES  # noqa: E402
from campaigns.sending import send, tick  # noqa: E402
from campaigns.sending.transport import MailConnection, ServerReply  # noqa: E402
from campaigns.states import AnswerState, MessageState, ReplyClass, StageKind  # noqa: E402
from campaigns.writing import approval, order_drafts  # noqa: E402
from generation.models import Order  # noqa: E402
from jobs.lifecycle import reaper  # noqa: E402
from jobs.models import Job  # noqa: E402
from jobs.states import CLAIMABLE, FINISHED  # noqa: E402
from jobs.supervisor import run_job  # noqa: E402
from jobs.supervisor.spare_processes import SPARE_PROCESSES  # noqa: E402
from members.models import Member  # noqa: E402
from miniatures_site.celery import app  # noqa: E402
from review.models import Draft  # noqa: E402
from tests.campaigns.pipeline.conftest import judge  # noqa: E402
from tests.campaigns.under_fire import readers  # noqa: E402
from tests.campaigns.under_fire.kill_plan import KillPlan  # noqa: E402
from tests.jobs.fleet import lapse  # noqa: E402
from tests.nursery import TEACHERS, Standby, nursery  # noqa: E402

# Mails that one transaction moves, so that few contacts make many.
TOGETHER = 25
OPEN_STATES = (
    MessageState.PREPARING, MessageState.PLANNED, MessageState.WRITING, MessageState.WRITTEN, MessageState.AWAITING,
    MessageState.APPROVED, MessageState.SENDING,
)  # fmt: skip


class Walker:
    """What one worker does until nothing is left to do.

    Args:
        campaign: Its id.
        plan: When to die.
        answered: Replies that get an answer.
    """

    def __init__(self, campaign: str, plan: KillPlan, answered: int) -> None:
        self.campaign = Campaign.objects.get(pk=campaign)
        self.lead = Member.objects.get(username="lea")
        self.plan, self.answered = plan, answered

    def work(self) -> None:
        """Go round until every mail, reply and answer has come to its end."""
        # What the worker held that died before this one began; by no clock, so that a busy machine costs no engine its
        # lease.
        lapse()
        while True:
            tick.advance_all()
            reaper.reap()
            self.carry_jobs()
            self.decide()
            self.hand_in_replies()
            self.answer()
            if self.is_idle() and not (self.read_the_rest() or self.let_time_pass()):
                return
            time.sleep(0.1)

    def carry_jobs(self) -> None:
        for job in Job.objects.filter(state__in=CLAIMABLE):
            with self.plan.at(stage_of(job)):
                run_job(job.pk, worker=f"walker-{os.getpid()}")

    def decide(self) -> None:
        for draft in Draft.objects.filter(task=self.campaign.task, state="pending"):
            with self.plan.at("approve"):
                judge(draft, self.lead, "accept")

    def hand_in_replies(self) -> None:
        """Hand in what readers of first mails wrote, until it is known: again, where a worker died of it."""
        went = (MessageState.SENT, MessageState.UNKNOWN)
        mails = Message.objects.filter(campaign=self.campaign, step__number=1, state__in=went, replies__isnull=True)
        for mail in mails.select_related("contact"):
            if raw := readers.reply_to(mail.contact.address, mail.message_id):
                with self.plan.at("stop" if b"remove" in raw else "sort"):
                    receive.take_mail(raw)

    def answer(self) -> None:
        """Have the first questions answered: a draft by the model, sent as it stands."""
        questions = Reply.objects.filter(meaning=ReplyClass.QUESTION).order_by("message__contact__address")
        for reply in questions.select_related("message__campaign__task")[: self.answered]:
            answer = InboxAnswer.objects.filter(reply=reply).select_related("order__job").first()
            with self.plan.at("answer"):
                if answer is None or (answer.state == AnswerState.OPEN and answer.order is None):
                    answer_ask.ask(reply, at_most_usd=Decimal(1), by=self.lead)
                elif answer.state == AnswerState.OPEN and answer.body:
                    answers.approve(reply, revision=answer.revision, by=self.lead)

    def read_the_rest(self) -> int:
        """Have the lead read replies that no model has read, such as those whose call is in doubt; return how many."""
        unread = Reply.objects.filter(meant_by=RULES, is_unsure=True)
        for reply in unread:
            meaning = ReplyClass.QUESTION if readers.ASKS in reply.text else ReplyClass.NOT_NOW
            with self.plan.at("sort"):
                record_reply.correct_meaning(reply, meaning, by=self.lead)
        return len(unread)

    def let_time_pass(self) -> bool:
        """Make the first mails an hour old, so that the second ones are due; False where they were before."""
        hour_ago = timezone.now() - timedelta(hours=1)
        young = Message.objects.filter(campaign=self.campaign, step__number=1, sent_at__gt=hour_ago)
        return young.update(sent_at=hour_ago - timedelta(hours=1)) > 0

    def is_idle(self) -> bool:
        mails = Message.objects.filter(campaign=self.campaign, state__in=OPEN_STATES)
        waiting = InboxAnswer.objects.filter(state__in=(AnswerState.APPROVED, AnswerState.SENDING))
        drafted = InboxAnswer.objects.filter(state=AnswerState.OPEN).exclude(body="")
        jobs = Job.objects.exclude(state__in=FINISHED)
        return not (mails.exists() or waiting.exists() or drafted.exists() or jobs.exists())


def stage_of(job: Job) -> str:
    """The stage that a job works for."""
    if job.kind == send.KIND:
        return "send"
    if job.kind == answers.KIND:
        return "answer"
    order = Order.objects.filter(job=job).select_related("task").first()
    if order is None:
        return ""
    if placed := StageOrder.objects.filter(order=order).select_related("stage").first():
        return str(placed.stage.kind)
    if WriteOrder.objects.filter(order=order).exists():
        return "write"
    return "sort" if order.task.slug.startswith(ask_teacher.PREFIX) else "answer"


def count_stages(plan: KillPlan) -> None:
    """Count what a tick does for each stage."""

    def counted(whole: Callable[..., Any], stage: str = "") -> Callable[..., Any]:
        @wraps(whole)
        def within(*args: Any, **named: Any) -> Any:
            kind = stage or next((str(each.kind) for each in args if isinstance(each, Stage)), "")
            with plan.at(kind):
                return whole(*args, **named)

        return within

    for module, name in ((collect, "_take_drafts"), (ask, "_take_turn"), (checks, "_begin")):
        setattr(module, name, counted(getattr(module, name)))
    for kind in StageKind:
        if kind in run._BEGIN:
            run._BEGIN[kind] = counted(run._BEGIN[kind])
    for module, name, stage in (
        (order_drafts, "take_drafts", "write"), (order_drafts, "order_drafts", "write"), (approval, "check", "approve"),
        (approval, "follow", "approve"), (tick, "_send", "send"), (tick, "plan_next", "stop"),
    ):  # fmt: skip
        setattr(module, name, counted(getattr(module, name), stage))
    run.CHUNK = checks.CHUNK = approval.CHUNK = TOGETHER


def count_mails(plan: KillPlan) -> None:
    """Count each mail that the server took, before anything is written down of it."""
    send_mail = MailConnection.send

    @wraps(send_mail)
    def sent(*args: Any) -> ServerReply:
        reply = send_mail(*args)
        plan.took_mail()
        return reply

    MailConnection.send = sent  # type: ignore[method-assign]


def load() -> None:
    """Import once, before the forks, what children would import each for itself."""
    get_resolver().url_patterns  # noqa: B018 (imports every page)
    app.amqp.queues  # noqa: B018
    tick.campaigns_with_work()
    connections.close_all()


def main(campaign: str, deaths: str, every: str, wanted: str, answered: str) -> None:
    """Fork one child after the other, until one has nothing left to do."""
    plan = KillPlan(json.loads(deaths), every=int(every), wanted=Path(wanted))
    plan.watch()
    count_stages(plan)
    count_mails(plan)
    SPARE_PROCESSES.take = Standby  # type: ignore[method-assign, assignment]
    nursery(TEACHERS)
    load()
    while True:
        child = os.fork()
        if child == 0:
            Walker(campaign, plan, int(answered)).work()
            connections.close_all()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            print(json.dumps(plan.deaths_by_stage()), flush=True)
            sys.exit(os.WEXITSTATUS(status))


if __name__ == "__main__":
    main(*sys.argv[1:])
