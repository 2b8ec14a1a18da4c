"""Shapes of teachers, their prices and their providers' terms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from generation.money.serializers import PriceFigureOut, PriceOut
from generation.states import Answers, Provider
from generation.teachers import queries, shutdowns
from generation.teachers.queries import TeacherLine
from generation.teachers.shutdowns import ModelShutdown


class ReplacementOut(PriceFigureOut):
    """A model of the same provider whose price is nearest, not measured to be worse."""

    model = serializers.CharField()
    was_measured = serializers.BooleanField(help_text="Whether an evaluation compared the two")


class ShutdownOut(serializers.Serializer[Any]):
    """Shutdown of a model, in the past or within 90 days."""

    provider = serializers.CharField()
    model = serializers.CharField()
    shutdown_date = serializers.DateField(source="day")
    days_left = serializers.IntegerField(help_text="0 or less once it is gone")
    replacement = ReplacementOut(allow_null=True)


class TermsOut(serializers.Serializer[Any]):
    summary = serializers.CharField()
    url = serializers.CharField()
    as_of = serializers.DateField()


class TeacherOut(serializers.Serializer[Any]):
    """A teacher, its price, and whether it can be asked now; never its key."""

    slug = serializers.SlugField(source="teacher.slug")
    name = serializers.CharField(source="teacher.name")
    provider = serializers.ChoiceField(source="teacher.provider", choices=Provider.choices)
    model = serializers.CharField(source="teacher.model")
    base_url = serializers.CharField(source="teacher.base_url")
    parameters = serializers.JSONField(source="teacher.parameters")
    secret_ref = serializers.CharField(source="teacher.secret_ref")
    answers = serializers.ChoiceField(source="teacher.answers", choices=Answers.choices)
    concurrency = serializers.IntegerField(source="teacher.concurrency")
    is_active = serializers.BooleanField(source="teacher.is_active")
    has_key = serializers.BooleanField()
    key_set_at = serializers.DateTimeField(
        source="stored_key.set_at", default=None, allow_null=True, help_text="When a stored key was entered; else null"
    )
    can_be_asked = serializers.BooleanField()
    price = PriceOut(allow_null=True)
    terms = TermsOut()
    shutdown = serializers.SerializerMethodField(help_text="Of a model that is shut down within 90 days, or was")

    @extend_schema_field(ShutdownOut(allow_null=True))
    def get_shutdown(self, line: TeacherLine) -> dict[str, Any] | None:
        if queries.is_free(line.teacher):
            return None
        notice = upcoming_once(self.context).get((line.teacher.provider, line.teacher.model))
        return ShutdownOut(notice).data if notice else None


def upcoming_once(context: Mapping[str, Any]) -> dict[tuple[str, str], ModelShutdown]:
    """Models that are shut down soon, asked of the database once for all rows of an answer."""
    memo = cast("dict[str, Any]", context)
    if "shutdowns" not in memo:
        memo["shutdowns"] = shutdowns.upcoming()
    by_model: dict[tuple[str, str], ModelShutdown] = memo["shutdowns"]
    return by_model


class TeacherIn(serializers.Serializer[Any]):
    slug = serializers.SlugField(
        max_length=60, required=False, allow_blank=True, help_text="Empty or left out: made from the name"
    )
    name = serializers.CharField(max_length=120)
    provider = serializers.ChoiceField(choices=Provider.choices)
    model = serializers.CharField(max_length=120)
    base_url = serializers.CharField(max_length=300, required=False, allow_blank=True)
    parameters = serializers.DictField(required=False)
    secret_ref = serializers.CharField(max_length=64, required=False, allow_blank=True)
    key = serializers.CharField(
        max_length=500,
        required=False,
        allow_blank=True,
        write_only=True,
        help_text="The key itself: stored encrypted, for this address only, and never shown again",
    )
    answers = serializers.ChoiceField(choices=Answers.choices, required=False)
    concurrency = serializers.IntegerField(min_value=1, max_value=512, required=False)
    is_active = serializers.BooleanField(required=False)
