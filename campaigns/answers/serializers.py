"""Shapes of the requests and answers about answers to replies."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from campaigns.answers.write import LONGEST
from campaigns.states import AnswerState, StopReason


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
    """What a person answers to a reply. `text` is what went, `body` what was written."""

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
    """What the draft may cost at most, as it was told."""

    at_most_usd = serializers.DecimalField(max_digits=12, decimal_places=2, min_value=0)


class SettleAnswerIn(serializers.Serializer[Any]):
    """Whether an answer of unknown outcome was found to have arrived."""

    arrived = serializers.BooleanField()


class InboxSetupIn(serializers.Serializer[Any]):
    """Which tasks the inbox works with; what is left out or null it does without."""

    sorting_task = serializers.SlugField(required=False, allow_null=True)
    answer_task = serializers.SlugField(required=False, allow_null=True)
    answer_teacher = serializers.SlugField(required=False, allow_null=True)


class InboxSetupOut(serializers.Serializer[Any]):
    """Which tasks the inbox works with; null is none, or one that you may not see."""

    sorting_task = serializers.CharField(source="sorting_task.slug", default=None, allow_null=True)
    answer_task = serializers.CharField(source="answer_task.slug", default=None, allow_null=True)
    answer_teacher = serializers.CharField(source="answer_teacher.slug", default=None, allow_null=True)
