"""API of agreement: the figures of a task, and its reviewers side by side or one by one."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.session import member_of
from review.adjudication import agreement, reviewers
from review.adjudication.agreement import AgreementReport, figures
from review.adjudication.agreement.figures import AgreementWeek, ReviewerPair
from review.states import Role
from review.tasks.permissions import may, task_or_404
from web.http.lists import Rows, lists
from web.http.pagination import WholeList


class FigureOut(serializers.Serializer[Any]):
    """A figure with its 95 % interval; null where it is not defined."""

    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    drafts = serializers.IntegerField(source="units")
    ratings = serializers.IntegerField()


class RateOut(serializers.Serializer[Any]):
    """So many of so many, with Wilson's interval."""

    count = serializers.IntegerField()
    of = serializers.IntegerField()
    share = serializers.FloatField(source="value", allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class RatesOut(serializers.Serializer[Any]):
    accept = RateOut()
    edit = RateOut()
    reject = RateOut()


class FiguresInWords(serializers.CharField):
    """Agreement figures as a sentence."""

    def to_representation(self, value: Any) -> str:
        return figures.of_figures(value)


class ComparisonOut(serializers.Serializer[Any]):
    """Agreement on one thing."""

    key = serializers.CharField(help_text="verdict, usable, ordinal, edit_size, text, or rating:<requirement>.")
    name = serializers.CharField()
    metric = serializers.CharField()
    is_enough = serializers.BooleanField(help_text="Whether enough drafts were compared to show it.")
    krippendorff_alpha = FigureOut(source="alpha")
    fleiss_kappa = FigureOut(source="kappa", allow_null=True)
    same = FigureOut(allow_null=True)
    drafts = serializers.IntegerField(source="alpha.units")
    words = FiguresInWords(source="*")


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

    def to_representation(self, instance: AgreementWeek) -> dict[str, Any]:
        return {"monday": instance.monday.isoformat(), **FigureOut(instance.alpha).data}


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

    drafts = serializers.IntegerField(source="same.units")
    same = serializers.FloatField(source="same.value", allow_null=True)
    low = serializers.FloatField(source="same.low", allow_null=True)
    high = serializers.FloatField(source="same.high", allow_null=True)
    cohen_kappa = serializers.FloatField(source="kappa", allow_null=True)


class ReviewerRowOut(serializers.Serializer[Any]):
    """One reviewer among the others."""

    member = serializers.CharField(source="member.username", help_text="User name.")
    name = serializers.CharField(source="member.name")
    verdicts = serializers.IntegerField()
    accepted = RateOut()
    edited = RateOut()
    mean_seconds = serializers.FloatField(allow_null=True)
    agreement = BesideOut(source="*")


class ReviewerOut(serializers.Serializer[Any]):
    """One reviewer."""

    member = serializers.CharField(source="member.username", help_text="User name.")
    name = serializers.CharField(source="member.name")
    verdicts = serializers.IntegerField(source="rates.of")
    rates = RatesOut()
    others = RatesOut()
    median_seconds = serializers.FloatField(source="pace.median_seconds", allow_null=True)
    median_words_per_minute = serializers.FloatField(source="pace.median_words_per_minute", allow_null=True)
    agreement = BesideOut(source="*")
    known_answers = RateOut(source="known")
    hasty_accepts = serializers.IntegerField()


class AgreementView(APIView):
    @extend_schema(operation_id="task_agreement", responses={200: AgreementOut})
    def get(self, request: Request, slug: str) -> Response:
        """Figures with intervals; pairs of others are for leads. Null where a figure is not defined."""
        member = member_of(request)
        task = task_or_404(member, slug)
        report = agreement.report(task)
        is_lead = may(member, task, Role.LEAD)
        mine = [pair for pair in report.pairs if is_lead or member.pk in (pair.one, pair.other)]
        return Response(
            {
                "drafts": report.units,
                "reviewers": report.reviewers,
                "comparisons": ComparisonOut(report.lines, many=True).data,
                "weeks": WeekOut(report.weeks, many=True).data,
                "random_slice": RatesOut(report.random).data,
                "pairs": [_pair_json(report, pair) for pair in mine],
                "computed_at": report.at.isoformat(),
            }
        )


class ReviewersView(APIView):
    """Reviewers of a task side by side, for its lead."""

    pagination_class = WholeList

    @lists(ReviewerRowOut, operation_id="task_reviewers")
    def get(self, request: Request, query: dict[str, Any], slug: str) -> Rows:
        member = member_of(request)
        return reviewers.rows(member, task_or_404(member, slug))


class ReviewerView(APIView):
    @extend_schema(operation_id="task_reviewer", responses={200: ReviewerOut})
    def get(self, request: Request, slug: str, username: str) -> Response:
        """One's own figures, or anybody's for a lead; accepts faster than reading reach a lead a day later."""
        member = member_of(request)
        task = task_or_404(member, slug, least=Role.REVIEWER)
        profile = reviewers.profile(member, reviewers.reviewer_or_404(member, task, username), task)
        return Response(ReviewerOut(profile).data)


def _pair_json(report: AgreementReport, pair: ReviewerPair) -> dict[str, Any]:
    return {
        "reviewers": [report.names.get(pair.one, ""), report.names.get(pair.other, "")],
        "drafts": pair.units,
        "cohen_kappa": FigureOut(pair.kappa).data,
        "same": FigureOut(pair.same).data,
        "is_enough": pair.is_enough,
    }
