"""Send one request where its router's thresholds say, and keep what became of it.

    routed = route.record(version, {"value": 1_200.0})
    routed.model        # the name to give as `model`, or the teacher's short name

`choose` alone decides and writes nothing. Who asks, and what for, is not known here.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from serving.models import Routed, RouteOutcome, Router, RouterVersion
from serving.routing.pairs import RouteRule, score_of
from serving.states import RouteFeature
from stats import routing
from web.errors import Refusal

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Route:
    """Route of one request.

    Attributes:
        place: Among the version's models.
        model: A miniature's short name, or the teacher's.
    """

    place: int
    model: str
    why: str


@dataclass(frozen=True, slots=True)
class RecordedRoute:
    """A route that is kept: its row, and whether the teacher writes too so that both texts are judged."""

    id: UUID
    route: Route
    is_audit: bool


def current(router: Router) -> RouterVersion:
    """The version that counts.

    Raises:
        Refusal: `router_unset`, no thresholds were ever set.
    """
    version = versions(router).first()
    if version is None:
        raise Refusal(
            "router_unset", "This router has no thresholds yet.", hint="Set them on its page first.", status=409
        )
    return version


def versions(router: Router) -> QuerySet[RouterVersion]:
    """Versions of a router with their models, the newest first."""
    rows = RouterVersion.objects.filter(router=router).order_by("-number")
    return rows.select_related("router__task", "miniature", "larger", "teacher", "created_by")


def route(version: RouterVersion, features: Mapping[str, float]) -> Route:
    """Return where a request goes.

    Args:
        features: Numbers by name: `checks`, how many marks the miniature's text has; `confidence`, the mean log
            probability of its tokens; or the version's number of the record.
            Where the one it decides by is missing or no number, the teacher writes.
    """
    models = [each.slug for each in (version.miniature, version.larger, version.teacher) if each is not None]
    last = len(models) - 1
    if not version.thresholds:
        return Route(last, models[last], "Verdicts support no threshold, so the teacher writes.")
    name, value = feature_name(version), value_of(version, features)
    if value is None:
        return Route(last, models[last], f"'{name}' is missing, so the teacher writes.")
    rule = RouteRule(version.feature, version.fact, version.takes_low)
    place = routing.choose(score_of(value, rule), [rule.sign * each for each in version.thresholds])
    side = "at most" if rule.sign < 0 else "at least"
    if place == last:
        return Route(last, models[last], f"'{name}' is {value:g}, not {side} {version.thresholds[-1]:g}.")
    return Route(place, models[place], f"'{name}' is {value:g}, {side} {version.thresholds[place]:g}.")


def record(version: RouterVersion, features: Mapping[str, float]) -> RecordedRoute:
    """Route a request and keep it; a share of what does not go to the teacher is drawn for the audit by lot."""
    [recorded] = record_all(version, [features])
    return recorded


def record_all(version: RouterVersion, requests: Sequence[Mapping[str, float]]) -> list[RecordedRoute]:
    """Route many requests and keep them, as `record` does each; in their order."""
    rows, routes = [], [route(version, features) for features in requests]
    for chosen, features in zip(routes, requests, strict=True):
        is_cheaper = chosen.place < len(version.names) - 1
        is_audit = is_cheaper and secrets.randbelow(1_000_000) < version.audit_share * 1_000_000
        value = value_of(version, features)
        rows.append(Routed(version=version, route=chosen.place, value=value, is_audit=is_audit))
    Routed.objects.bulk_create(rows, batch_size=_CHUNK)
    return [RecordedRoute(row.pk, chosen, row.is_audit) for row, chosen in zip(rows, routes, strict=True)]


def record_outcome(
    routed: Routed,
    *,
    cost_usd: Decimal | None = None,
    route_passes: bool | None = None,
    teacher_passes: bool | None = None,
) -> RouteOutcome:
    """Keep what became of a routed request, once.

    Raises:
        Refusal: `outcome_known`, it was told before; `outcome_invalid`, one verdict without the other, or verdicts on a
            request that was not drawn for the audit: such a choice would bias what the promise is held against.
    """
    if (route_passes is None) != (teacher_passes is None):
        raise Refusal("outcome_invalid", "An audit needs the verdicts on both texts.", hint="Send both, or none.")
    if route_passes is not None and not routed.is_audit:
        raise Refusal(
            "outcome_invalid",
            "This request was not drawn for the audit.",
            hint="Leave the verdicts out; the cost is kept.",
        )
    try:
        with transaction.atomic():
            return RouteOutcome.objects.create(
                routed=routed, cost_usd=cost_usd, route_passes=route_passes, teacher_passes=teacher_passes
            )
    except IntegrityError as error:
        raise Refusal("outcome_known", "The outcome of this request is already recorded.", status=409) from error


def feature_name(version: RouterVersion) -> str:
    """Under which name a request gives what the version decides by."""
    return version.fact if version.feature == RouteFeature.FACT else version.feature


def value_of(version: RouterVersion, features: Mapping[str, float]) -> float | None:
    """The feature's value in a request; None where it is missing or not finite."""
    value = features.get(feature_name(version))
    return value if value is not None and math.isfinite(value) else None
