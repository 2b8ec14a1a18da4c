"""API shapes of drafts, as the dictionaries made in `queries`."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from review.states import DraftState, Split, Verdict

KEPT_BACK = "Null until the caller may know who wrote the draft."


@extend_schema_field({"type": "object", "additionalProperties": {}})  # each use says whether null is one, too
class FieldsIn(serializers.JSONField):
    """Fields by the names of the output schema; services judge them."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        value = super().to_internal_value(data)
        if not isinstance(value, dict):
            raise serializers.ValidationError("Fields are an object by the names of the output schema.")
        return value


class MarkOut(serializers.Serializer[Any]):
    """A place that a check of the task objects to; offsets in code points."""

    check = serializers.CharField()
    field = serializers.CharField()
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    message = serializers.CharField()
    severity = serializers.CharField()
    mend = serializers.CharField(required=False)


class DraftRecordOut(serializers.Serializer[Any]):
    """The record that a draft was written for."""

    id = serializers.UUIDField()
    title = serializers.CharField()


class RecordFactsOut(DraftRecordOut):
    """The same with its facts, by input field."""

    facts = serializers.DictField()


class CampaignOfMailsOut(serializers.Serializer[Any]):
    """A campaign, and how many of the mails it sent."""

    slug = serializers.CharField()
    name = serializers.CharField()
    url = serializers.CharField(help_text="Its page.")
    sent = serializers.IntegerField()


class RepliesOfClassOut(serializers.Serializer[Any]):
    """Mails that got a reply of one class."""

    name = serializers.CharField(allow_blank=True, help_text="Empty for replies that are not sorted yet.")
    label: Any = serializers.CharField()
    mails = serializers.IntegerField()


class MailFiguresOut(serializers.Serializer[Any]):
    """Results of sent mails, in campaigns that the caller may see; events caused by machines are not counted."""

    is_simulated = serializers.BooleanField(help_text="To simulated inboxes, whose answers are made up.")
    sent = serializers.IntegerField()
    replied = serializers.IntegerField(help_text="Mails that a person answered.")
    share = serializers.FloatField(help_text="Replied, of those sent: 0 to 1.")
    low = serializers.FloatField(help_text="Of its 95 % interval, by companies.")
    high = serializers.FloatField()
    classes = RepliesOfClassOut(many=True)
    meetings = serializers.IntegerField(help_text="Mails that led to a meeting.")
    revenue_usd = serializers.DecimalField(max_digits=20, decimal_places=2, allow_null=True)
    campaigns = CampaignOfMailsOut(many=True)
    mail_url = serializers.CharField(
        allow_blank=True, help_text="Page of a single mail, where the caller may read it; else empty."
    )


class DraftSummaryOut(serializers.Serializer[Any]):
    """A draft in a list."""

    id = serializers.UUIDField()
    task = serializers.CharField()
    task_version = serializers.IntegerField()
    record = DraftRecordOut()
    source: Any = serializers.CharField()
    split = serializers.ChoiceField(choices=Split.choices)
    state = serializers.ChoiceField(choices=DraftState.choices)
    verdict = serializers.ChoiceField(choices=Verdict.choices, allow_null=True)
    marks_count = serializers.IntegerField()
    order = serializers.UUIDField(
        allow_null=True, help_text="The order that had it written; null where it was imported or the author is hidden."
    )
    origin = serializers.CharField(allow_null=True, help_text=KEPT_BACK)
    provenance = serializers.CharField(allow_null=True, help_text=KEPT_BACK)
    teacher = serializers.CharField(allow_null=True, help_text=KEPT_BACK)
    model = serializers.CharField(allow_null=True, help_text=KEPT_BACK)
    cost_usd = serializers.CharField(allow_null=True, help_text=KEPT_BACK)
    created_at = serializers.DateTimeField()


class DraftOut(DraftSummaryOut):
    """A draft whole; `etag` is what a decision on it names in `If-Match`."""

    fields: Any = serializers.DictField()
    marks = MarkOut(many=True)
    facts = serializers.DictField()
    etag = serializers.CharField()
    prompt_hash = serializers.CharField(allow_null=True, help_text=KEPT_BACK)
    parameters = serializers.DictField(allow_null=True, help_text=KEPT_BACK)
    input_tokens = serializers.IntegerField(allow_null=True, help_text=KEPT_BACK)
    output_tokens = serializers.IntegerField(allow_null=True, help_text=KEPT_BACK)
    latency_s = serializers.FloatField(allow_null=True, help_text=KEPT_BACK)
    mean_log_prob = serializers.FloatField(
        allow_null=True,
        help_text="Of the tokens that a served miniature wrote: how sure it was of its words. Null of other writers, "
        "and kept back as the author is.",
    )
    round = serializers.IntegerField(allow_null=True, help_text=KEPT_BACK)
    labelled_defects = serializers.ListField(
        child=serializers.CharField(), allow_null=True, help_text="Null until the draft is judged."
    )
    mails = MailFiguresOut(
        many=True,
        help_text="Results of the mails sent from it, real inboxes before simulated ones. Empty if none were sent, or "
        "while the caller may not see the draft's author.",
    )


class DraftStateOut(serializers.Serializer[Any]):
    """State of a draft after an act on it."""

    draft = serializers.UUIDField()
    state = serializers.ChoiceField(choices=DraftState.choices)
