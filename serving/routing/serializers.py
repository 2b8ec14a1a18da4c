"""Shapes of routers in the API. Shares are 0 to 1."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from serving.routing import set_thresholds as limits
from serving.states import RouteFeature


class RouterIn(serializers.Serializer[Any]):
    task = serializers.SlugField()
    name = serializers.CharField(max_length=limits.LONGEST_NAME)


class ThresholdsIn(serializers.Serializer[Any]):
    """The models in order, what decides, and the promise."""

    miniature = serializers.SlugField(help_text="Short name of the miniature that gets each request first")
    larger = serializers.SlugField(
        required=False, allow_blank=True, default="", help_text="The second, if there is one"
    )
    teacher = serializers.SlugField(help_text="Gets all other requests; the promise compares with it")
    feature = serializers.ChoiceField(
        choices=RouteFeature.choices,
        help_text="confidence: the mean log probability of the tokens that the first miniature wrote; "
        "it takes the surest",
    )
    fact = serializers.CharField(required=False, allow_blank=True, default="", max_length=80)
    takes_low = serializers.BooleanField(
        required=False, default=False, help_text="Miniatures take small numbers of the record rather than large ones"
    )
    margin = serializers.FloatField(default=limits.MARGIN, min_value=limits.MARGINS[0], max_value=limits.MARGINS[1])
    confidence = serializers.FloatField(
        default=limits.CONFIDENCE, min_value=limits.CONFIDENCES[0], max_value=limits.CONFIDENCES[1]
    )
    audit_share = serializers.FloatField(
        default=limits.AUDIT_SHARE, min_value=limits.AUDIT_SHARES[0], max_value=limits.AUDIT_SHARES[1]
    )


class RouterOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    task = serializers.CharField(source="task.slug")
    slug = serializers.CharField()
    name = serializers.CharField()
    created_at = serializers.DateTimeField()


class RouterVersionOut(serializers.Serializer[Any]):
    """One setting of thresholds, with the evidence it was set by."""

    id = serializers.UUIDField()
    number = serializers.IntegerField()
    models = serializers.ListField(child=serializers.CharField(), source="names")
    feature = serializers.ChoiceField(choices=RouteFeature.choices)
    fact = serializers.CharField(allow_blank=True)
    takes_low = serializers.BooleanField()
    thresholds = serializers.ListField(
        child=serializers.FloatField(), help_text="Empty where verdicts support no threshold: all goes to the teacher"
    )
    margin = serializers.FloatField()
    confidence = serializers.FloatField()
    level = serializers.FloatField(help_text="What was left of the confidence for this try")
    attempt = serializers.IntegerField()
    audit_share = serializers.FloatField()
    pairs = serializers.IntegerField()
    lost = serializers.IntegerField()
    won = serializers.IntegerField()
    p_value = serializers.FloatField(allow_null=True)
    records_hash = serializers.CharField()
    created_at = serializers.DateTimeField()


class RouteLineOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    threshold = serializers.FloatField(allow_null=True)
    expected_share = serializers.FloatField()
    expected_cost_usd = serializers.FloatField()
    routed = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True)
    cost_usd = serializers.FloatField(allow_null=True)


class RouteIntervalOut(serializers.Serializer[Any]):
    low = serializers.FloatField()
    high = serializers.FloatField()


class PromiseOut(serializers.Serializer[Any]):
    """Standing of a router's promise by the audit; the loss is of all requests."""

    audited = serializers.IntegerField()
    unjudged = serializers.IntegerField()
    loss = serializers.FloatField(allow_null=True)
    interval = RouteIntervalOut(allow_null=True)
    is_broken = serializers.BooleanField()


class RouterReportOut(serializers.Serializer[Any]):
    version = RouterVersionOut()
    routed = serializers.IntegerField()
    lines = RouteLineOut(many=True)
    promise = PromiseOut()


class RouterDetailOut(serializers.Serializer[Any]):
    """A router, and what its newest version did; no report before thresholds were set."""

    router = RouterOut()
    report = RouterReportOut(allow_null=True)


class RouteIn(serializers.Serializer[Any]):
    features = serializers.DictField(
        child=serializers.FloatField(), default=dict, help_text="Numbers by name; a missing one leads to the teacher"
    )


class RouteOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    model = serializers.CharField(source="route.model")
    why = serializers.CharField(source="route.why")
    is_audit = serializers.BooleanField(help_text="The teacher writes too, and experts judge both texts")


class RouteOutcomeIn(serializers.Serializer[Any]):
    cost_usd = serializers.DecimalField(
        max_digits=12, decimal_places=6, min_value=0, required=False, allow_null=True, default=None
    )
    route_passes = serializers.BooleanField(required=False, allow_null=True, default=None)
    teacher_passes = serializers.BooleanField(required=False, allow_null=True, default=None)


class RouteOutcomeOut(serializers.Serializer[Any]):
    routed = serializers.UUIDField(source="routed_id")
    cost_usd = serializers.DecimalField(max_digits=12, decimal_places=6, allow_null=True)
    route_passes = serializers.BooleanField(allow_null=True)
    teacher_passes = serializers.BooleanField(allow_null=True)
