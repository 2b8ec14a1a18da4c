"""Shapes of what the desk takes and gives. They know no rule beyond form: services judge the content."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers

from review.drafts.serializers import FieldsIn, MailFiguresOut, MarkOut, RecordFactsOut
from review.states import DraftState, Verdict
from web.http.iso_time import IsoTime


class DecisionIn(serializers.Serializer[Any]):
    """One verdict; `id` is made by the client, so that a repeated request is recognised."""

    id = serializers.UUIDField()
    verdict = serializers.ChoiceField(choices=Verdict.choices)
    fields: Any = FieldsIn(
        required=False, allow_null=True, default=None, help_text="One that is left out stays as the draft has it."
    )
    reasons = serializers.ListField(child=serializers.CharField(), required=False, default=list)
    ratings = serializers.DictField(child=serializers.BooleanField(), required=False, default=dict)
    seconds = serializers.FloatField(required=False, default=0.0, min_value=0)
    note = serializers.CharField(required=False, default="", allow_blank=True, trim_whitespace=True)
    retracts = serializers.UUIDField(required=False, allow_null=True, default=None)
    was_hidden = serializers.BooleanField(
        required=False, default=False, help_text="The card was shown without the teacher's values."
    )


class LeavingIn(serializers.Serializer[Any]):
    """A card its reviewer walks away from."""

    draft = serializers.UUIDField()
    unfinished = FieldsIn(required=False, allow_null=True, help_text="Left out, the edit that is kept stays.")
    seen_until = serializers.DateTimeField(required=False, allow_null=True, default=None)


class ReleaseIn(serializers.Serializer[Any]):
    """Cards to return to the queue."""

    cards = LeavingIn(many=True, max_length=50)  # type: ignore[call-arg]


class SetAsideIn(serializers.Serializer[Any]):
    """A card to put behind the rest."""

    id = serializers.UUIDField(required=False, help_text="The desk's own, for its list of what is still to be sent.")
    note = serializers.CharField(required=False, default="", allow_blank=True, max_length=2000)
    unfinished = FieldsIn(required=False, allow_null=True, default=None)


class KeysIn(serializers.Serializer[Any]):
    """Keys of the desk by action, and whether they are on."""

    keys = serializers.DictField(child=serializers.CharField(max_length=1), required=False, default=dict)
    on = serializers.BooleanField(required=False, default=True)


class EditedIn(serializers.Serializer[Any]):
    """Fields as they stand in an editor."""

    fields: Any = serializers.DictField(allow_empty=True)


class UnfinishedIn(serializers.Serializer[Any]):
    """An edit as far as it got; null forgets it."""

    fields: Any = FieldsIn(allow_null=True)


class SentMailOut(serializers.Serializer[Any]):
    """A mail that the reader got before."""

    subject = serializers.CharField(allow_blank=True)
    body = serializers.CharField(allow_blank=True)
    reply_class = serializers.CharField(
        default="", help_text="Of the last mail: what the reader's answer to it was sorted as; empty without an answer."
    )


class CardOut(serializers.Serializer[Any]):
    """A card of the deck; `etag` is what a decision on it names in `If-Match`."""

    id = serializers.UUIDField()
    etag = serializers.CharField()
    leased_until = serializers.DateTimeField()
    task_version = serializers.IntegerField()
    record = RecordFactsOut()
    fields: Any = serializers.DictField()
    marks = MarkOut(many=True)
    unfinished = serializers.DictField(allow_null=True, help_text="The caller's own edit as far as it got.")
    note = serializers.CharField(allow_blank=True)
    output_schema = serializers.ListField(child=serializers.DictField())
    rubric = serializers.ListField(child=serializers.DictField())
    reasons = serializers.ListField(child=serializers.DictField())
    guideline = serializers.CharField(allow_blank=True)
    parent: Any = serializers.UUIDField(allow_null=True, help_text="The draft that this one revises.")
    is_sent_back = serializers.BooleanField()
    has_comments = serializers.BooleanField()
    goes_to = serializers.CharField(allow_blank=True)
    thread = SentMailOut(many=True)


class DrawnCardOut(serializers.Serializer[Any]):
    """A card as the desk's page draws it, with `?render=html`."""

    id = serializers.UUIDField()
    etag = serializers.CharField()
    leased_until = serializers.DateTimeField()
    html = serializers.CharField()


@extend_schema_field(
    PolymorphicProxySerializer(
        component_name="DeskCardOut",
        serializers=[CardOut, DrawnCardOut],
        resource_type_field_name=None,
        many=True,
    )
)
class CardsField(serializers.ListField):
    """Cards of a deck, plain or drawn."""


class PaceOut(serializers.Serializer[Any]):
    """Cards left for the caller, and their pace."""

    left = serializers.IntegerField()
    left_is_at_least = serializers.BooleanField(help_text="Counting stopped there: there are more.")
    seconds_per_card = serializers.FloatField(allow_null=True)
    today = serializers.IntegerField(
        allow_null=True, help_text="Cards judged today, in the browser's zone; null in the reply to a verdict."
    )


class DeckOut(serializers.Serializer[Any]):
    """Cards with what is left."""

    cards = CardsField()
    left = serializers.IntegerField()
    pace = PaceOut()


class ElsewhereOut(serializers.Serializer[Any]):
    """Cards of the task that other reviewers have: held under a lease, or waiting for them."""

    held = serializers.IntegerField()
    until = serializers.DateTimeField(
        allow_null=True, help_text="When the first lease ends, if its reviewer does not go on."
    )
    waiting = serializers.IntegerField()
    words = serializers.CharField(allow_blank=True)


class DealtDeckOut(DeckOut):
    """The deck; where it came out empty, what others have."""

    elsewhere = ElsewhereOut(allow_null=True)


class DecisionOut(serializers.Serializer[Any]):
    """One verdict on a draft, as it was given."""

    id = serializers.UUIDField()
    draft = serializers.UUIDField(source="draft_id")
    reviewer = serializers.CharField(source="reviewer.username")
    verdict = serializers.ChoiceField(choices=Verdict.choices)
    fields: Any = serializers.DictField(allow_null=True)
    reasons = serializers.ListField(child=serializers.CharField())
    ratings = serializers.DictField(child=serializers.BooleanField())
    note = serializers.CharField(allow_blank=True)
    seconds = serializers.FloatField(allow_null=True, help_text="Null if an imported verdict came without a time.")
    edit_size = serializers.FloatField(allow_null=True)
    edit_kinds = serializers.ListField(child=serializers.CharField())
    is_late = serializers.BooleanField()
    ruled = serializers.CharField(allow_null=True, help_text="A lead's last ruling on it: adopt, leave or settle.")
    retracts = serializers.UUIDField(source="retracts_id", allow_null=True)
    created_at = IsoTime()


class DecisionOnDraftOut(DecisionOut):
    """The same in the list of a draft's decisions."""

    mails = MailFiguresOut(
        many=True, help_text="Results of the mails sent from the draft, for the decision in force; otherwise empty."
    )


class DecisionReplyOut(serializers.Serializer[Any]):
    """The decision with the next cards; `left` and `pace` are null for one that was recorded before."""

    decision = DecisionOut()
    state = serializers.ChoiceField(choices=DraftState.choices)
    next = CardsField()
    left = serializers.IntegerField(allow_null=True)
    pace = PaceOut(allow_null=True)


class KeysOut(serializers.Serializer[Any]):
    """Keys of the desk by action, and whether they are on."""

    keys = serializers.DictField(child=serializers.CharField())
    on = serializers.BooleanField()


class ReleasedOut(serializers.Serializer[Any]):
    """Number of cards that went back to the queue."""

    released = serializers.IntegerField()


class MendOut(serializers.Serializer[Any]):
    """A field as it would read when mended, and in words what that changes."""

    field = serializers.CharField()
    text = serializers.CharField()
    words = serializers.CharField()


class EditSizeOut(serializers.Serializer[Any]):
    """Size and kinds of an edit, and whether a reason is wanted for it."""

    size = serializers.FloatField()
    kinds = serializers.ListField(child=serializers.CharField())
    wants_why = serializers.BooleanField()


class RecheckOut(serializers.Serializer[Any]):
    """Checks over fields that are not saved."""

    marks = MarkOut(many=True)
    mends = MendOut(many=True)
    unanswered = serializers.ListField(
        child=serializers.CharField(), help_text="Checks of packages that gave no answer, a sentence each."
    )
    unsupported = serializers.IntegerField()
    edit = EditSizeOut()
    html = serializers.CharField(required=False, help_text="With `?render=html`: the remarks as the page draws them.")


class KeptOut(serializers.Serializer[Any]):
    """Result of saving an edit: kept while the card is in the caller's deck."""

    kept = serializers.BooleanField()
