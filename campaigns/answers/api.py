"""API of answers to replies: write one, have it drafted, read it as it will go, send it, and say which tasks help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaigns.answers import ask, compose, queries, setup, write
from campaigns.answers.write import LONGEST
from campaigns.replies import queries as replies
from campaigns.states import AnswerState, StopReason
from generation.teachers import queries as teachers
from members.session import member_of
from members.tokens.idempotency import idempotent
from review.states import Role
from review.tasks.permissions import may, require, task_or_404
from web.http.lists import ListQuery, Rows, lists, one_of
from web.http.pagination import KeysetPagination
from web.http.read_body import read_body

if TYPE_CHECKING:
    from campaigns.models import InboxSetup, Reply
    from members.models import Member


class HeaderOut(serializers.Serializer[Any]):
    """One header of the mail as it would go."""

    name = serializers.CharField()
    value = serializers.CharField()


class InboxAnswerPreviewOut(serializers.Serializer[Any]):
    """The mail as it would go now, or why there is none."""

    headers = HeaderOut(many=True)
    text = serializers.CharField()
    problem = serializers.CharField()


class InboxAnswerOut(serializers.Serializer[Any]):
    """A person's answer to a reply: `body` as written, `text` as sent."""

    id = serializers.UUIDField()
    reply = serializers.UUIDField(source="reply_id")
    campaign = serializers.CharField(source="reply.message.campaign.slug")
    state = serializers.ChoiceField(choices=AnswerState.choices)
    stop_reason = serializers.ChoiceField(choices=StopReason.choices, allow_blank=True)
    problem = serializers.CharField()
    body = serializers.CharField()
    revision = serializers.IntegerField(help_text="Named when the words are changed or sent.")
    subject = serializers.CharField()
    text = serializers.CharField()
    order = serializers.UUIDField(source="order_id", allow_null=True, help_text="Of the newest draft by a model.")
    created_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(allow_null=True)


class InboxAnswerViewOut(serializers.Serializer[Any]):
    """The newest answer to a reply, the mail as it would go while it is open, and what a draft by a model may cost."""

    answer = InboxAnswerOut(allow_null=True)
    preview = InboxAnswerPreviewOut(allow_null=True)
    draft_at_most_usd = serializers.DecimalField(
        max_digits=12, decimal_places=2, allow_null=True, help_text="None where no draft can be had."
    )
    draft_problem = serializers.CharField(help_text="Why no draft can be had; empty otherwise.")


class InboxAnswerIn(serializers.Serializer[Any]):
    """The whole text, with slots, and the revision of the words that are changed: 0 where there are none yet."""

    body = serializers.CharField(max_length=LONGEST, allow_blank=True, trim_whitespace=False)
    revision = serializers.IntegerField(min_value=0, max_value=2**31 - 1)


class SendIn(serializers.Serializer[Any]):
    """The revision of the words that were read."""

    revision = serializers.IntegerField(min_value=0, max_value=2**31 - 1)


class DraftAnswerIn(serializers.Serializer[Any]):
    """Highest cost of a draft: the price that the member was shown."""

    at_most_usd = serializers.DecimalField(max_digits=12, decimal_places=2, min_value=0)


class SettleAnswerIn(serializers.Serializer[Any]):
    """Settlement of an answer with unknown outcome: whether it arrived."""

    arrived = serializers.BooleanField()


class InboxSetupIn(serializers.Serializer[Any]):
    """Tasks and teacher of an inbox; it works without those that are omitted or null."""

    sorting_task = serializers.SlugField(required=False, allow_null=True)
    answer_task = serializers.SlugField(required=False, allow_null=True)
    answer_teacher = serializers.SlugField(required=False, allow_null=True)


class InboxSetupOut(serializers.Serializer[Any]):
    """Tasks and teacher of an inbox; a task is null where there is none, or none that you may see."""

    sorting_task = serializers.CharField(source="sorting_task.slug", default=None, allow_null=True)
    answer_task = serializers.CharField(source="answer_task.slug", default=None, allow_null=True)
    answer_teacher = serializers.CharField(source="answer_teacher.slug", default=None, allow_null=True)


class InboxAnswerQuery(ListQuery):
    campaign = serializers.CharField(required=False, help_text="Slug of a campaign.")
    state = one_of(AnswerState.values)


class InboxAnswerPages(KeysetPagination):
    """Newest first."""

    ordering = ("-created_at", "-id")


class InboxAnswerListView(APIView):
    """Answers to replies, newest first, of campaigns whose task you lead."""

    pagination_class = InboxAnswerPages

    @lists(InboxAnswerOut, InboxAnswerQuery)
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        rows = queries.visible(member_of(request))
        if "campaign" in query:
            rows = rows.filter(reply__message__campaign__slug=query["campaign"])
        return rows.filter(state=query["state"]) if "state" in query else rows


class InboxAnswerView(APIView):
    """The answer to one reply."""

    @extend_schema(responses=InboxAnswerViewOut)
    def get(self, request: Request, reply_id: UUID) -> Response:
        return _shown(request, _reply(request, reply_id))

    @extend_schema(request=InboxAnswerIn, responses=InboxAnswerViewOut)
    def put(self, request: Request, reply_id: UUID) -> Response:
        """Write its words, all of them."""
        reply, data = _reply(request, reply_id), read_body(InboxAnswerIn, request)
        write.save(reply, body=data["body"], revision=data["revision"], by=member_of(request))
        return _shown(request, reply)


class InboxAnswerDraftView(APIView):
    """Drafts of an answer by the model of the inbox."""

    @extend_schema(request=DraftAnswerIn, responses=InboxAnswerOut)
    @idempotent
    def post(self, request: Request, reply_id: UUID) -> Response:
        reply, data = _reply(request, reply_id), read_body(DraftAnswerIn, request)
        answer = ask.ask(reply, at_most_usd=data["at_most_usd"], by=member_of(request))
        return Response(InboxAnswerOut(answer).data)


class InboxAnswerSendView(APIView):
    """Sending an answer, and taking it back before it leaves."""

    @extend_schema(request=SendIn, responses=InboxAnswerOut)
    def post(self, request: Request, reply_id: UUID) -> Response:
        """Send it as it was read; sent twice, it goes once."""
        reply, data = _reply(request, reply_id), read_body(SendIn, request)
        return Response(InboxAnswerOut(write.approve(reply, revision=data["revision"], by=member_of(request))).data)

    @extend_schema(responses={200: InboxAnswerOut})
    def delete(self, request: Request, reply_id: UUID) -> Response:
        """Take it back, if it has not left."""
        return Response(InboxAnswerOut(write.take_back(_reply(request, reply_id), by=member_of(request))).data)


class InboxAnswerSettleView(APIView):
    """The fate of an answer whose outcome is unknown."""

    @extend_schema(request=SettleAnswerIn, responses=InboxAnswerOut)
    def post(self, request: Request, reply_id: UUID) -> Response:
        reply, data = _reply(request, reply_id), read_body(SettleAnswerIn, request)
        settled = write.settle_unknown(reply, arrived=data["arrived"], by=member_of(request))
        return Response(InboxAnswerOut(settled).data)


class InboxSetupView(APIView):
    """Tasks and teacher of a campaign's inbox."""

    @extend_schema(responses=InboxSetupOut)
    def get(self, request: Request, slug: str) -> Response:
        campaign = replies.campaign_or_404(member_of(request), slug)
        require(member_of(request), campaign.task, Role.LEAD)
        return Response(_setup(queries.setup_of_campaign(campaign), member_of(request)))

    @extend_schema(request=InboxSetupIn, responses=InboxSetupOut)
    def put(self, request: Request, slug: str) -> Response:
        member = member_of(request)
        campaign, data = replies.campaign_or_404(member, slug), read_body(InboxSetupIn, request)
        require(member, campaign.task, Role.LEAD)
        sorting, answering, teacher = (data.get(name) for name in ("sorting_task", "answer_task", "answer_teacher"))
        choice = setup.InboxChoice(
            task_or_404(member, sorting) if sorting else None,
            task_or_404(member, answering) if answering else None,
            teachers.teacher_or_404(member, teacher) if teacher else None,
        )
        return Response(_setup(setup.choose(campaign, choice, by=member), member))


def _setup(row: InboxSetup | None, member: Member) -> dict[str, Any]:
    """Hide tasks that this member may not see: another lead may have chosen them."""
    shown: dict[str, Any] = dict(InboxSetupOut(row or {}).data)
    for name in ("sorting_task", "answer_task"):
        task = getattr(row, name, None)
        if task is not None and not may(member, task, Role.VIEWER):
            shown[name] = None
    return shown


def _reply(request: Request, reply_id: UUID) -> Reply:
    return queries.reply_to_answer_or_404(member_of(request), reply_id)


def _shown(request: Request, reply: Reply) -> Response:
    newest, offer = queries.newest(reply), ask.offer(reply, by=member_of(request))
    is_open = newest is not None and newest.state == AnswerState.OPEN
    can_be_drafted = offer.task is not None and not offer.problem
    shown = {
        "answer": newest,
        "preview": compose.preview(newest) if newest is not None and is_open else None,
        "draft_at_most_usd": offer.at_most_usd if can_be_drafted else None,
        "draft_problem": offer.problem,
    }
    return Response(InboxAnswerViewOut(shown).data)
