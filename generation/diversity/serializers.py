"""Shapes of mixes and of what came of them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from generation.diversity.examples import MAX_EXAMPLES as MOST_EXAMPLES
from generation.diversity.forms import BEST_OF, NEAR_DUPLICATES
from generation.diversity.resolve import MOST_TEACHERS, MOST_TEMPERATURES


class MixedTeacherIn(serializers.Serializer[Any]):
    """One of several teachers; shares are relative to each other."""

    teacher = serializers.SlugField()
    share = serializers.FloatField(min_value=0.000001, default=1.0)
    temperatures = serializers.ListField(
        child=serializers.FloatField(min_value=0, max_value=2),
        max_length=MOST_TEMPERATURES,
        default=list,
        help_text="Taken in turn; none leaves it to the teacher's parameters",
    )


class MixIn(serializers.Serializer[Any]):
    """Diversity settings of an order, and the selection of drafts for the desk. All are optional."""

    teachers = serializers.ListField(
        child=MixedTeacherIn(),
        required=False,
        max_length=MOST_TEACHERS,
        help_text="Several teachers in shares, instead of 'teacher'",
    )
    personas = serializers.BooleanField(default=False, help_text="Take turns as the task version's personas")
    angles = serializers.BooleanField(default=False, help_text="Take turns with the task version's angles")
    examples = serializers.IntegerField(
        min_value=0, max_value=MOST_EXAMPLES, default=0, help_text="Approved drafts shown with each call"
    )
    gold_set = serializers.CharField(
        required=False,
        allow_blank=True,
        help_text="Frozen set they are taken from, as slug@number; else what counts now",
    )
    near_duplicates = serializers.ChoiceField(choices=NEAR_DUPLICATES, default="", allow_blank=True)
    best_of = serializers.ChoiceField(choices=BEST_OF, default="", allow_blank=True)
    judge = serializers.CharField(required=False, allow_blank=True, help_text="Teacher that chooses the best")


class TeacherDiversityOut(serializers.Serializer[Any]):
    """Diversity of drafts: see docs/diversity.md for each figure."""

    teacher = serializers.CharField(source="name")
    texts = serializers.IntegerField(source="diversity.texts")
    distinct = serializers.ListField(
        source="diversity.distinct", child=serializers.FloatField(), help_text="Distinct-1, -2, -3"
    )
    mean_similarity = serializers.FloatField(source="diversity.mean_similarity")
    nearest_similarity = serializers.FloatField(source="diversity.nearest_similarity")
    compared = serializers.IntegerField(source="diversity.compared")


class DiversityOut(serializers.Serializer[Any]):
    """Outcome of an order's variety."""

    repeats = serializers.IntegerField(help_text="Drafts left out because they nearly repeat another")
    not_best = serializers.IntegerField(help_text="Drafts left out because another of their record was chosen")
    chosen = serializers.DictField(child=serializers.IntegerField())
    followers = serializers.ListField(child=serializers.UUIDField())
    measured = TeacherDiversityOut(many=True)
