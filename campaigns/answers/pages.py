"""The page on which a person answers a reply: the thread, the words, the mail as it will go.

It shows people: a lead's.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.answers import ask, compose, queries, setup, write
from campaigns.compose import content
from campaigns.replies import queries as replies
from campaigns.replies import threads
from campaigns.states import ReplyClass
from generation.teachers import queries as teachers_queries
from members.session import member_of
from review.states import Role
from review.tasks.permissions import require
from web.errors import Refusal

if TYPE_CHECKING:
    from campaigns.models import InboxAnswer, InboxSetup, Reply

# What stands for the choice of another lead, which this one cannot name; no slug has a blank.
KEEP = "as it is"


@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, reply_id: UUID) -> HttpResponse:
    reply = queries.reply_to_answer_or_404(member_of(request), reply_id)
    if request.method == "POST":
        body, revision = request.POST.get("body", ""), _revision(request)
        try:
            write.save(reply, body=body, revision=revision, by=member_of(request))
        except Refusal as refusal:
            # The words that were typed stay on the page, whatever was refused.
            return _page(request, reply, refusal=refusal, typed=body, status=refusal.status)
        return redirect("campaigns:answer", reply_id)
    return _page(request, reply)


@require_POST
def send(request: HttpRequest, reply_id: UUID) -> HttpResponse:
    return _act(request, reply_id, write.approve, "The answer is being sent.", revision=_revision(request))


@require_POST
def take_back(request: HttpRequest, reply_id: UUID) -> HttpResponse:
    return _act(request, reply_id, write.take_back, "Taken back: it is open again.")


@require_POST
def settle(request: HttpRequest, reply_id: UUID) -> HttpResponse:
    arrived = request.POST.get("arrived") == "yes"
    return _act(request, reply_id, write.settle_unknown, "The outcome of the answer is recorded.", arrived=arrived)


@require_POST
def draft(request: HttpRequest, reply_id: UUID) -> HttpResponse:
    told_usd = _money(request.POST.get("at_most_usd", ""))
    return _act(request, reply_id, ask.ask, "A draft is being written.", at_most_usd=told_usd)


@require_http_methods(["GET", "HEAD", "POST"])
def inbox_setup(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    campaign = replies.campaign_or_404(member, slug)
    require(member, campaign.task, Role.LEAD)
    versions = queries.tasks_to_choose(member, campaign)
    sorting, answering = setup.fitting(versions.values(), campaign.task_version.spec)
    teachers = [line.teacher for line in teachers_queries.lines(member)]
    kept = queries.setup_of_campaign(campaign)
    choice: InboxSetup | setup.InboxChoice | None = kept
    refusal, status = None, 200
    if request.method == "POST":
        tasks = {version.task.slug: version.task for version in versions.values()}
        choice = setup.InboxChoice(
            _chosen(request, "sorting_task", tasks, kept),
            _chosen(request, "answer_task", tasks, kept),
            _chosen(request, "answer_teacher", {each.slug: each for each in teachers}, kept),
        )
        try:
            setup.choose(campaign, choice, by=member)
            messages.success(request, "Saved.")
            return redirect("campaigns:inbox", slug)
        except Refusal as mistake:
            refusal, status = mistake, mistake.status
    context = {
        "task": campaign.task,
        "section": "campaigns",
        "campaign": campaign,
        "setup": kept,
        "choice": choice,
        "keep": KEEP,
        "keeps_sorting": kept and kept.sorting_task and kept.sorting_task not in sorting,
        "keeps_answering": kept and kept.answer_task and kept.answer_task not in answering,
        "keeps_teacher": kept and kept.answer_teacher and kept.answer_teacher not in teachers,
        "sorting": sorting,
        "answering": answering,
        "teachers": teachers,
        "refusal": refusal,
    }
    return render(request, "campaigns/sending/inbox.html", context, status=status)


def _chosen(request: HttpRequest, name: str, offered: dict[str, Any], inbox_setup: InboxSetup | None) -> Any:
    key = request.POST.get(name, "")
    return getattr(inbox_setup, name, None) if key == KEEP else offered.get(key)


def _act(
    request: HttpRequest, reply_id: UUID, act: Callable[..., InboxAnswer], message: str, **values: object
) -> HttpResponse:
    member = member_of(request)
    try:
        act(queries.reply_to_answer_or_404(member, reply_id), by=member, **values)
    except Refusal as refusal:
        messages.error(request, f"{refusal.message} {refusal.hint}".strip())
    else:
        messages.success(request, message)
    return redirect("campaigns:answer", reply_id)


def _page(
    request: HttpRequest, reply: Reply, *, refusal: Refusal | None = None, typed: str | None = None, status: int = 200
) -> HttpResponse:
    member, campaign = member_of(request), reply.message.campaign
    newest = queries.newest(reply)
    is_open = newest is not None and newest.state == "open"
    context: dict[str, Any] = {
        "task": campaign.task,
        "section": "campaigns",
        "campaign": campaign,
        "reply": reply,
        "thread": threads.thread_of(reply, member=member, with_names=True),
        "meanings": ReplyClass.choices,
        "languages": replies.languages_of(campaign),
        "may_correct": True,
        "may_take_back": True,
        "may_lead": True,
        "answer": newest,
        "is_open": is_open,
        "is_editable": queries.is_editable(newest),
        "body": typed if typed is not None else newest.body if newest and is_open else "",
        "revision": newest.revision if newest and is_open else 0,
        "preview": compose.preview(newest) if newest and is_open and newest.body.strip() else None,
        "slots": content.known_slots(campaign),
        "offer": ask.offer(reply, by=member) if queries.is_editable(newest) else None,
        "is_being_drafted": is_open and newest is not None and ask.is_being_drafted(newest),
        "proposed": ask.words_of(newest.draft) if newest and is_open and newest.draft else "",
        "refusal": refusal,
    }
    return render(request, "campaigns/sending/answer.html", context, status=status)


def _revision(request: HttpRequest) -> int:
    text = request.POST.get("revision", "")
    # One that is none fits no answer: nothing is written over.
    return int(text) if text.isdecimal() and len(text) < 10 else -1


def _money(text: str) -> Decimal:
    # What is no amount was told to nobody: then only a draft that is free is ordered.
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return Decimal(0)
    return amount if amount.is_finite() else Decimal(0)
