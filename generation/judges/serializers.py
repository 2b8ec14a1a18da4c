"""Shapes of judges' verdicts and comparisons, for the API."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from generation.judges import figures


class RightOut(serializers.Serializer[Any]):
    """Count of a judge's right verdicts on texts of one kind, with the interval of their share."""

    right = serializers.IntegerField()
    of = serializers.IntegerField()
    low = serializers.FloatField(source="interval.low", allow_null=True, default=None)
    high = serializers.FloatField(source="interval.high", allow_null=True, default=None)


class JudgeAgreementOut(serializers.Serializer[Any]):
    """A judge beside experts, on one question."""

    name = serializers.CharField()
    verdicts = serializers.IntegerField(source="verdicts.n")
    sensitivity = RightOut(help_text="Of texts that experts passed, those the judge passed")
    specificity = RightOut(help_text="Of texts that experts failed, those the judge failed")
    kappa = serializers.FloatField(source="kappa.value", allow_null=True, default=None)
    kappa_low = serializers.FloatField(source="kappa.low", allow_null=True, default=None)
    kappa_high = serializers.FloatField(source="kappa.high", allow_null=True, default=None)


class GroupOut(serializers.Serializer[Any]):
    """One writer's texts. Shares are 0 to 1, corrected; null where they cannot be told."""

    name = serializers.CharField()
    judged = serializers.IntegerField()
    passed = serializers.IntegerField(help_text="By the judge's word alone")
    share = serializers.FloatField(source="corrected.share", allow_null=True, default=None)
    low = serializers.FloatField(source="corrected.low", allow_null=True, default=None)
    high = serializers.FloatField(source="corrected.high", allow_null=True, default=None)
    own_verdicts = serializers.IntegerField(help_text="Of these texts, those that experts judged")
    by_own = serializers.BooleanField(help_text="Corrected by verdicts on these very texts, not on others")
    without_shape = serializers.IntegerField(help_text="Answers left out, since they do not have the task's shape")


class JudgingReportOut(serializers.Serializer[Any]):
    """Report on a judge's verdicts: agreement with experts, and shares by writer."""

    texts = serializers.IntegerField()
    answered = serializers.IntegerField()
    whole = JudgeAgreementOut()
    requirements = JudgeAgreementOut(many=True)
    groups = GroupOut(many=True)
    withheld = serializers.CharField(allow_blank=True, help_text="Why no shares are shown; empty if they are")


class JudgingOut(serializers.Serializer[Any]):
    """One order for verdicts."""

    id = serializers.UUIDField()
    task = serializers.SlugField(source="task.slug")
    order = serializers.UUIDField(source="order_id")
    job = serializers.UUIDField(source="order.job_id", allow_null=True)
    state = serializers.CharField(source="order.job.state", default="")
    judge = serializers.SlugField(source="order.teacher.slug")
    subject = serializers.CharField()
    subject_id = serializers.UUIDField()
    first = serializers.CharField(allow_blank=True, help_text="Of comparisons, the one system; else empty")
    second = serializers.CharField(allow_blank=True, help_text="And the other")
    prompt_version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    url = serializers.SerializerMethodField()

    def get_url(self, judging: Any) -> str:
        return reverse("generation:judging", args=[judging.pk])


class PairwiseReportOut(serializers.Serializer[Any]):
    """Report on a judge's comparisons, from the side of the first system. Shares are 0 to 1."""

    pairs = serializers.IntegerField(help_text="Pairs that were ordered")
    answered = serializers.IntegerField(help_text="Those with an answer in both orders; only these count")
    wins = serializers.IntegerField(source="preferred.wins", default=0)
    losses = serializers.IntegerField(source="preferred.losses", default=0)
    ties = serializers.IntegerField(source="preferred.ties", default=0)
    flips = serializers.IntegerField(source="preferred.flips", default=0, help_text="Ties that the order made")
    share = serializers.FloatField(
        source="preferred.share", allow_null=True, default=None, help_text="Wins and half of the ties, of all pairs"
    )
    low = serializers.FloatField(source="preferred.interval.low", allow_null=True, default=None)
    high = serializers.FloatField(source="preferred.interval.high", allow_null=True, default=None)
    position_bias = serializers.FloatField(
        source="preferred.position_bias",
        allow_null=True,
        default=None,
        help_text="Share of the first place less that of the second, of all answers that prefer one; "
        "null where none does",
    )
    longer_wins = serializers.IntegerField(source="preferred.longer_wins", default=0)
    longer_of = serializers.IntegerField(
        source="preferred.longer_of", default=0, help_text="Won pairs of texts that differ in length"
    )
    longer_low = serializers.FloatField(source="preferred.longer.low", allow_null=True, default=None)
    longer_high = serializers.FloatField(source="preferred.longer.high", allow_null=True, default=None)


class JudgingDetailOut(JudgingOut):
    """One order for verdicts or comparisons, with what they come to; the other of the two is null."""

    report = serializers.SerializerMethodField()
    comparison = serializers.SerializerMethodField()

    @extend_schema_field(JudgingReportOut(allow_null=True))
    def get_report(self, judging: Any) -> Any:
        if judging.is_pairwise:
            return None
        return JudgingReportOut(figures.report(judging, with_shares=self.context["with_shares"])).data

    @extend_schema_field(PairwiseReportOut(allow_null=True))
    def get_comparison(self, judging: Any) -> Any:
        return PairwiseReportOut(figures.pair_report(judging)).data if judging.is_pairwise else None


class JudgedTextOut(serializers.Serializer[Any]):
    """One text with both verdicts; null where it has none."""

    id = serializers.UUIDField()
    group = serializers.CharField()
    record = serializers.UUIDField(source="record_id")
    draft = serializers.UUIDField(source="draft_id", allow_null=True)
    fields: Any = serializers.JSONField()
    expert_passes = serializers.BooleanField(allow_null=True)
    passes = serializers.BooleanField(allow_null=True)
    meets = serializers.DictField(child=serializers.BooleanField())
    why = serializers.CharField(allow_blank=True)


class ComparedPairOut(serializers.Serializer[Any]):
    """Two systems' texts on one record, and which the judge preferred by its place in each order."""

    id = serializers.UUIDField()
    record = serializers.UUIDField(source="record_id")
    first_fields: Any = serializers.JSONField()
    second_fields: Any = serializers.JSONField()
    as_is = serializers.CharField(
        help_text="`first`, `second` or `tie`, by position; the first system's text comes first"
    )
    swapped = serializers.CharField(help_text="The same, with the second system's text first")
    why = serializers.CharField(allow_blank=True)
    why_swapped = serializers.CharField(allow_blank=True)
