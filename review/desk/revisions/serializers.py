"""Request and response bodies of the revisions API. Services check the content."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from review.desk.serializers import CardsField, PaceOut
from review.spec.revision_prompts import LONGEST_INSTRUCTION


class WriterOut(serializers.Serializer[Any]):
    """A teacher that could write the draft again now."""

    teacher = serializers.CharField()
    name = serializers.CharField()
    price = serializers.CharField()
    is_author = serializers.BooleanField()


class PresetOut(serializers.Serializer[Any]):
    """An instruction that is given often."""

    label: Any = serializers.CharField()
    instruction = serializers.CharField()


class WritersOut(serializers.Serializer[Any]):
    """Teachers that can be asked, and frequent instructions."""

    writers = WriterOut(many=True)
    presets = PresetOut(many=True)


class RevisionOut(serializers.Serializer[Any]):
    """A request to write a draft again; `result` is the new draft once it has come."""

    id = serializers.UUIDField()
    draft = serializers.UUIDField()
    title = serializers.CharField()
    instruction = serializers.CharField()
    result = serializers.UUIDField(allow_null=True)
    job = serializers.UUIDField(allow_null=True)
    seq = serializers.IntegerField(help_text="Number of its job's last event.")
    state = serializers.ChoiceField(choices=["asked", "arrived", "failed"])
    created_at = serializers.DateTimeField()


class RevisionReplyOut(RevisionOut):
    """The request with the next cards of the deck."""

    next = CardsField()
    left = serializers.IntegerField()
    pace = PaceOut()


class RevisionIn(serializers.Serializer[Any]):
    """Instruction for a revision, and the teacher to write it; the client makes the `id`."""

    id = serializers.UUIDField()
    instruction = serializers.CharField(max_length=LONGEST_INSTRUCTION)
    teacher = serializers.SlugField(required=False, default="", allow_blank=True, source="writer")
