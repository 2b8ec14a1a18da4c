"""Shapes of what a lead sends and gets. They know no rule beyond form: services judge the content."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from review.drafts.serializers import FieldsIn
from review.states import DraftState, QueueOrdering, Verdict
from web.http.iso_time import IsoTime


class RulingIn(serializers.Serializer[Any]):
    """A lead's word on a draft."""

    note = serializers.CharField(required=False, default="", allow_blank=True, max_length=2000)


class DisputeIn(RulingIn):
    """Ruling on a disputed draft: one of the verdicts on it, or a verdict of the lead's own."""

    decision = serializers.UUIDField(required=False, allow_null=True, default=None)
    verdict = serializers.ChoiceField(choices=["accept", "edit", "reject"], required=False, default="accept")
    fields: Any = FieldsIn(required=False, allow_null=True, default=None)
    reasons = serializers.ListField(child=serializers.CharField(), required=False, default=list)
    ratings = serializers.DictField(child=serializers.BooleanField(), required=False, default=dict)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["decision"] is None and "verdict" not in self.initial_data:
            raise serializers.ValidationError("Name a decision, or give a verdict of your own.")
        return attrs


class DeskSettingsIn(serializers.Serializer[Any]):
    """Settings of a desk; shares from 0 to 1."""

    order = serializers.ChoiceField(choices=QueueOrdering.choices)
    random_share = serializers.FloatField(help_text="0.1 to 0.2: cards drawn at random.")
    overlap_share = serializers.FloatField(help_text="0 to 1: drafts that several reviewers judge blind.")
    overlap_reviewers = serializers.IntegerField(help_text="2 to 5.")
    known_every = serializers.IntegerField(help_text="One card in so many has a known answer; 0 for none.")


class DeskSettingsOut(DeskSettingsIn):
    """The settings, and how many drafts wait for a further reviewer."""

    waits_for_others = serializers.IntegerField()
    updated_by = serializers.CharField(allow_null=True)


class KnownAnswerIn(serializers.Serializer[Any]):
    """The right verdict on a draft."""

    draft = serializers.UUIDField()
    verdict = serializers.CharField(max_length=10)
    reasons = serializers.ListField(child=serializers.CharField(max_length=80), required=False, default=list)
    note = serializers.CharField(required=False, default="", allow_blank=True, max_length=2000)


class KnownAnswerOut(serializers.Serializer[Any]):
    """A known answer; once it is retired it is dealt no more."""

    id = serializers.UUIDField()
    draft = serializers.UUIDField(source="draft_id")
    verdict = serializers.CharField()
    reasons = serializers.ListField(child=serializers.CharField())
    note = serializers.CharField()
    judged = serializers.IntegerField(required=False)
    right = serializers.IntegerField(required=False)
    retired_at = IsoTime(allow_null=True)
    created_at = IsoTime()


class AssignIn(serializers.Serializer[Any]):
    """Waiting cards to assign to a reviewer."""

    member = serializers.CharField(max_length=150, help_text="User name.")
    count = serializers.IntegerField(help_text="1 to 5,000.")
    source: Any = serializers.CharField(required=False, default="", allow_blank=True, max_length=80)
    teacher = serializers.CharField(required=False, default="", allow_blank=True, max_length=120)


class AssignedOut(serializers.Serializer[Any]):
    """Number of cards assigned to a member."""

    member = serializers.CharField()
    cards = serializers.IntegerField()


class SendBackIn(serializers.Serializer[Any]):
    """Verdicts to send back to their authors, all standing ones where none is named, with a comment on them."""

    comment = serializers.CharField(allow_blank=True, max_length=2000)
    decisions = serializers.ListField(child=serializers.UUIDField(), required=False, default=list)


class RulingOut(serializers.Serializer[Any]):
    """Ruling of a lead on a draft or on a decision, and the state of the draft after it."""

    id = serializers.UUIDField()
    draft = serializers.UUIDField(source="draft_id")
    kind = serializers.CharField()
    decision = serializers.UUIDField(source="decision_id", allow_null=True)
    lead = serializers.CharField(source="lead.username")
    note = serializers.CharField(allow_blank=True)
    state = serializers.ChoiceField(source="draft.state", choices=DraftState.choices)
    created_at = IsoTime()


class RulingsOut(serializers.Serializer[Any]):
    """Several at once."""

    results = RulingOut(many=True)


class WordChangeOut(serializers.Serializer[Any]):
    """A stretch of text: the same in both, added or removed."""

    kind = serializers.CharField()
    text = serializers.CharField()


class DisputeSideOut(serializers.Serializer[Any]):
    """One verdict on a disputed draft, with what it differs in."""

    decision = serializers.UUIDField(source="decision.pk")
    reviewer = serializers.CharField(source="decision.reviewer.username")
    verdict = serializers.ChoiceField(source="decision.verdict", choices=Verdict.choices)
    fields: Any = serializers.DictField(source="decision.fields", allow_null=True)
    reasons = serializers.ListField(source="decision.reasons", child=serializers.CharField())
    note = serializers.CharField(source="decision.note", allow_blank=True)
    is_late = serializers.BooleanField(source="decision.is_late")
    against = serializers.CharField(allow_blank=True)
    difference = WordChangeOut(source="segments", many=True)
    changes = WordChangeOut(many=True)
    ratings = serializers.DictField(source="decision.ratings", child=serializers.BooleanField())


class DisputeOut(serializers.Serializer[Any]):
    """The verdicts on a draft side by side; `etag` is what a ruling names in `If-Match`."""

    etag = serializers.CharField()
    state = serializers.ChoiceField(choices=DraftState.choices)
    results = DisputeSideOut(many=True)
