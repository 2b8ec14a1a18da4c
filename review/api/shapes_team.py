"""What the API of the team's side of a desk takes and gives: settings, known answers, assigned cards, comments."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from review.states import QueueOrdering


class DeskSettingsIn(serializers.Serializer[Any]):
    """How a desk deals; shares from 0 to 1."""

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
    draft = serializers.UUIDField()
    verdict = serializers.CharField()
    reasons = serializers.ListField(child=serializers.CharField())
    note = serializers.CharField()
    judged = serializers.IntegerField(required=False)
    right = serializers.IntegerField(required=False)
    retired_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class AssignIn(serializers.Serializer[Any]):
    """Which waiting cards a reviewer gets."""

    member = serializers.CharField(max_length=150, help_text="User name.")
    count = serializers.IntegerField(help_text="1 to 5,000.")
    source = serializers.CharField(required=False, default="", allow_blank=True, max_length=80)  # type: ignore[assignment]
    teacher = serializers.CharField(required=False, default="", allow_blank=True, max_length=120)


class AssignedOut(serializers.Serializer[Any]):
    """How many cards moved."""

    member = serializers.CharField()
    cards = serializers.IntegerField()


class CommentIn(serializers.Serializer[Any]):
    """A comment; `id` is made by the client, so that a repeated request is recognised."""

    id = serializers.UUIDField()
    # Lengths and blanks are the service's to judge: pages and programs get the same words.
    text = serializers.CharField(allow_blank=True, trim_whitespace=False)


class CommentOut(serializers.Serializer[Any]):
    """A comment on a draft."""

    id = serializers.UUIDField()
    draft = serializers.UUIDField()
    author = serializers.CharField()
    name = serializers.CharField()
    text = serializers.CharField()
    created_at = serializers.DateTimeField()


class MentionOut(CommentOut):
    """A comment that names the member, with where it stands."""

    task = serializers.CharField()
    title = serializers.CharField()
    read_at = serializers.DateTimeField(allow_null=True)


class ReadIn(serializers.Serializer[Any]):
    """Which mentions were seen: those in these comments, or all where none is named."""

    comments = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=500)


class ReadOut(serializers.Serializer[Any]):
    """How many were unread before."""

    read = serializers.IntegerField()


class SendBackIn(serializers.Serializer[Any]):
    """Which verdicts go back to their authors, all that stand where none is named, and what to look at."""

    comment = serializers.CharField(allow_blank=True, max_length=2000)
    decisions = serializers.ListField(child=serializers.UUIDField(), required=False, default=list)
