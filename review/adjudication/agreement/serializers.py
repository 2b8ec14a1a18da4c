"""Shapes of agreement and of reviewers, for the schema."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class FigureOut(serializers.Serializer[Any]):
    """A figure with its 95 % interval; null where it is not defined."""

    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    drafts = serializers.IntegerField()
    ratings = serializers.IntegerField()


class RateOut(serializers.Serializer[Any]):
    """So many of so many, with Wilson's interval."""

    count = serializers.IntegerField()
    of = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class RatesOut(serializers.Serializer[Any]):
    accept = RateOut()
    edit = RateOut()
    reject = RateOut()


class ComparisonOut(serializers.Serializer[Any]):
    """Agreement on one thing."""

    key = serializers.CharField(help_text="verdict, usable, ordinal, edit_size, text, or rating:<requirement>.")
    name = serializers.CharField()
    metric = serializers.CharField()
    is_enough = serializers.BooleanField(help_text="Whether enough drafts were compared to show it.")
    krippendorff_alpha = FigureOut()
    fleiss_kappa = FigureOut(allow_null=True)
    same = FigureOut(allow_null=True)
    drafts = serializers.IntegerField()
    words = serializers.CharField()


class PairOut(serializers.Serializer[Any]):
    """Two reviewers."""

    reviewers = serializers.ListField(child=serializers.CharField())
    drafts = serializers.IntegerField()
    cohen_kappa = FigureOut()
    same = FigureOut()
    is_enough = serializers.BooleanField()


class WeekOut(FigureOut):
    """Alpha of the verdict in one week."""

    monday = serializers.DateField()


class AgreementOut(serializers.Serializer[Any]):
    """Agreement in a task."""

    drafts = serializers.IntegerField()
    reviewers = serializers.IntegerField()
    comparisons = ComparisonOut(many=True)
    weeks = WeekOut(many=True)
    random_slice = RatesOut()
    pairs = PairOut(many=True)
    computed_at = serializers.DateTimeField()


class BesideOut(serializers.Serializer[Any]):
    """A reviewer beside whoever judged the same drafts."""

    drafts = serializers.IntegerField()
    same = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    cohen_kappa = serializers.FloatField(allow_null=True)


class ReviewerRowOut(serializers.Serializer[Any]):
    """One reviewer among the others."""

    member = serializers.CharField(help_text="User name.")
    name = serializers.CharField()
    verdicts = serializers.IntegerField()
    accepted = RateOut()
    edited = RateOut()
    mean_seconds = serializers.FloatField(allow_null=True)
    agreement = BesideOut()


class ReviewerOut(serializers.Serializer[Any]):
    """One reviewer."""

    member = serializers.CharField(help_text="User name.")
    name = serializers.CharField()
    verdicts = serializers.IntegerField()
    rates = RatesOut()
    others = RatesOut()
    median_seconds = serializers.FloatField(allow_null=True)
    median_words_per_minute = serializers.FloatField(allow_null=True)
    agreement = BesideOut()
    known_answers = RateOut()
    hasty_accepts = serializers.IntegerField()
