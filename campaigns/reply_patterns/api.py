"""API of reply patterns: which traits of accepted drafts go with replies, and the course of the reply rate."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaigns.mail_tasks import mail_task_or_404
from campaigns.reply_patterns import queries
from members.session import member_of
from web.http.lists import ListQuery


class ReplyPatternsQuery(ListQuery):
    simulated = serializers.BooleanField(default=False, help_text="Mails to simulated inboxes in place of the others.")


class ReplyPatternOut(serializers.Serializer[Any]):
    """A trait, with the shares (0 to 1) of mails with and without it that were answered, and their difference."""

    trait = serializers.CharField()
    mails = serializers.IntegerField()
    others = serializers.IntegerField()
    share = serializers.FloatField()
    other_share = serializers.FloatField()
    difference = serializers.FloatField()
    low = serializers.FloatField(help_text="Lower end of the 95 % interval of the difference")
    high = serializers.FloatField()
    q_value = serializers.FloatField(help_text="p-value, adjusted for all traits looked at (Benjamini-Hochberg)")


class MonthOfRepliesOut(serializers.Serializer[Any]):
    month = serializers.CharField(help_text="YYYY-MM")
    mails = serializers.IntegerField()
    replied = serializers.IntegerField()
    share = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class ReplyChangeOut(serializers.Serializer[Any]):
    """The most likely change of the reply rate, and the p-value of no change at all."""

    share_before = serializers.FloatField()
    share_after = serializers.FloatField()
    p_value = serializers.FloatField()


class ReplyPatternsOut(serializers.Serializer[Any]):
    """First mails of a task that a model wrote; `changed_in` is empty where no change is clear."""

    mails = serializers.IntegerField()
    accepted = serializers.IntegerField(help_text="Whose draft a person accepted or edited: patterns are of these")
    replied = serializers.IntegerField()
    patterns = ReplyPatternOut(many=True)
    months = MonthOfRepliesOut(many=True)
    change = ReplyChangeOut(allow_null=True)
    changed_in = serializers.CharField(allow_blank=True)
    counted_at = serializers.DateTimeField(
        allow_null=True, help_text="When, of very many mails, which take long to count; null: for this answer"
    )


class ReplyPatternsView(APIView):
    """Which traits of accepted drafts go with replies, and how the reply rate goes from month to month."""

    @extend_schema(parameters=[ReplyPatternsQuery], responses=ReplyPatternsOut)
    def get(self, request: Request, slug: str) -> Response:
        task = mail_task_or_404(member_of(request), slug)
        asked = ReplyPatternsQuery.read(request)
        counted = queries.counted(task, is_simulated=asked["simulated"])
        return Response(ReplyPatternsOut({**asdict(counted.value), "counted_at": counted.at}).data)
