"""Make a router, and set its thresholds as far as experts' held-out verdicts keep its promise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.utils.text import slugify

from audit import trail
from generation.models import Teacher
from members.models import Member
from review.models import Task
from review.states import Role
from review.tasks.permissions import require
from review.tasks.queries import latest_version
from serving.models import Router, RouterVersion
from serving.routing import pairs
from serving.routing.pairs import JudgedRecord, RouteRule
from serving.states import RouteFeature
from stats import paired_loss, risk_control, routing
from stats.routing import RouteSetting
from training.models import Miniature
from web.db.keys import free_slug
from web.errors import Refusal

MARGIN, CONFIDENCE, AUDIT_SHARE = 0.02, 0.95, 0.05
MARGINS: Final = (0.005, 0.2)
CONFIDENCES: Final = (0.8, 0.99)
AUDIT_SHARES: Final = (0.0, 0.5)
LONGEST_NAME: Final = 120
# Until so many pairs are judged their discordance says little, and this one is assumed.
_FEW, _ASSUMED = 50, 0.1


@dataclass(frozen=True, slots=True)
class RouterRequest:
    """Request of a lead for a router.

    Attributes:
        miniature: Who is asked first.
        teacher: Who gets everything else, and whom the promise is told against.
        larger: Who is asked second, where there is one.
        margin: At most this share worse than the teacher, 0 to 1.
        confidence: Of the promise, 0 to 1, when it is the first try on the task's verdicts.
        audit_share: Of what does not go to the teacher this share is written by the teacher too, and both are judged.
    """

    miniature: Miniature
    teacher: Teacher
    rule: RouteRule
    larger: Miniature | None = None
    margin: float = MARGIN
    confidence: float = CONFIDENCE
    audit_share: float = AUDIT_SHARE

    @property
    def miniatures(self) -> list[Miniature]:
        return [each for each in (self.miniature, self.larger) if each is not None]


@dataclass(frozen=True, slots=True)
class PairStanding:
    """Number of pairs, their share with two different verdicts, and how many the promise needs."""

    pairs: int
    discordance: float | None
    assumed: float
    needed: int

    @property
    def missing(self) -> int:
        return max(0, self.needed - self.pairs)


def create(task: Task, *, name: str, by: Member) -> Router:
    """Make a router without thresholds; it routes nothing until they are set.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: `router_invalid`, no name, or one that is too long.
    """
    require(by, task, Role.LEAD)
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        _refuse("name", f"A router needs a name of 1 to {LONGEST_NAME} characters.")
    with transaction.atomic():
        Task.objects.select_for_update().get(pk=task.pk)
        stem = slugify(f"{task.slug} {name}")[:50].strip("-") or "router"
        router = Router.objects.create(task=task, name=name, slug=free_slug(Router.objects.all(), stem), created_by=by)
        trail.record("router_made", by=by, about=router, task=task.slug)
    return router


@transaction.atomic
def set_thresholds(router: Router, wish: RouterRequest, *, by: Member) -> RouterVersion:
    """Set thresholds by the verdicts there are.

    Every try on the verdicts of a task, of whatever router, spends a part of its confidence, so that all promises together hold.

    Returns:
        The new version. One that verdicts do not bear out has no thresholds: everything goes to the teacher. It counts as a try.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: `router_invalid`, a value outside its limits; `too_few_pairs`, which is no try.
    """
    require(by, router.task, Role.LEAD)
    _check(router.task, wish)
    Task.objects.select_for_update().get(pk=router.task_id)
    records = pairs.collect(router.task, wish.miniatures, wish.teacher, wish.rule)
    standing, attempt = _standing(router.task, wish, records), attempts(router.task) + 1
    if standing.missing:
        raise Refusal(
            "too_few_pairs",
            f"There are {standing.pairs:,} judged pairs. The promise needs {standing.needed:,}: {standing.missing:,} more.",
            hint="Have the teacher and every miniature write for more validation records, one of each "
            f"{latest_version(router.task).spec.group_noun}, and have experts judge these drafts one by one; or promise less: a greater margin needs fewer. Nothing was tried.",
            state={"pairs": standing.pairs, "needed": standing.needed},
        )
    settings = routing.path(pairs.grid(router.task, wish.rule, wish.miniature), len(wish.miniatures))
    level = risk_control.spent(attempt, level=wish.confidence)
    units = [each.unit for each in records]
    found = routing.safe_setting(units, settings, margin=wish.margin, level=level)
    number = (router.versions.values_list("number", flat=True).first() or 0) + 1
    version = RouterVersion.objects.create(
        router=router,
        task_version=latest_version(router.task),
        number=number,
        attempt=attempt,
        level=level,
        created_by=by,
        pairs=len(records),
        records_hash=pairs.records_hash(records),
        **_asked(wish),
        **_found(records, wish, found),
    )
    trail.record("router_set", by=by, about=router, task=router.task.slug, version=number, borne_out=found is not None)
    return version


def attempts(task: Task) -> int:
    """Return how often thresholds were set by verdicts of a task."""
    return RouterVersion.objects.filter(router__task=task).count()


def standing(task: Task, wish: RouterRequest) -> PairStanding:
    """Return how many pairs there are for a wish, and how many it needs; tells nothing of who is better.

    Raises:
        Refusal: `router_invalid`, a value outside its limits.
    """
    _check(task, wish)
    return _standing(task, wish, pairs.collect(task, wish.miniatures, wish.teacher, wish.rule))


def _standing(task: Task, wish: RouterRequest, records: Sequence[JudgedRecord]) -> PairStanding:
    level = risk_control.spent(attempts(task) + 1, level=wish.confidence)
    differ = sum(each.unit.passes[0] != each.unit.passes[-1] for each in records)
    discordance = differ / len(records) if records else None
    assumed = discordance if discordance is not None and len(records) >= _FEW else _ASSUMED
    return PairStanding(len(records), discordance, assumed, paired_loss.pairs_needed(wish.margin, assumed, level=level))


def _asked(wish: RouterRequest) -> dict[str, Any]:
    return {
        "miniature": wish.miniature,
        "larger": wish.larger,
        "teacher": wish.teacher,
        "feature": wish.rule.feature,
        "fact": wish.rule.fact if wish.rule.feature == RouteFeature.FACT else "",
        "takes_low": wish.rule.sign < 0,
        "margin": wish.margin,
        "confidence": wish.confidence,
        "audit_share": wish.audit_share,
    }


def _found(records: Sequence[JudgedRecord], wish: RouterRequest, found: RouteSetting | None) -> dict[str, Any]:
    places = len(wish.miniatures) + 1
    thresholds = found.thresholds if found else ()
    routes = [routing.choose(each.unit.score, thresholds) if found else places - 1 for each in records]
    expected = [
        {"share": routes.count(place) / len(records), "cost_usd": _mean_cost(records, place)} for place in range(places)
    ]
    return {
        "thresholds": [wish.rule.sign * threshold for threshold in thresholds],
        "lost": found.counts.lost if found else 0,
        "won": found.counts.won if found else 0,
        "p_value": found.p if found else None,
        "expected": expected,
    }


def _mean_cost(records: Sequence[JudgedRecord], place: int) -> float:
    return float(sum((each.costs_usd[place] for each in records), Decimal(0)) / len(records))


def _check(task: Task, wish: RouterRequest) -> None:
    for name, value, (least, most) in (
        ("margin", wish.margin, MARGINS),
        ("confidence", wish.confidence, CONFIDENCES),
        ("audit_share", wish.audit_share, AUDIT_SHARES),
    ):
        if not least <= value <= most:
            _refuse(name, f"Between {least * 100:g} and {most * 100:g} %.")
    if any(each.task_id != task.pk for each in wish.miniatures):
        _refuse("miniature", "A router's miniatures are of its own task.")
    if wish.larger == wish.miniature:
        _refuse("larger", "The second miniature is another one than the first.")
    if wish.teacher.provided_by:
        _refuse("teacher", "The last model must be a teacher, not a miniature.")
    if pairs.grid(task, wish.rule, wish.miniature):
        return
    if wish.rule.feature == RouteFeature.FACT:
        _refuse("fact", f"No training record has a number '{wish.rule.fact}'.")
    _refuse(
        "feature",
        f"Of no text that {wish.miniature.name} wrote for a training record is it known how sure it was: texts from before that was "
        "kept say nothing, nor do classifiers. Order drafts of training records from it under Generation, then set thresholds.",
    )


def _refuse(field: str, message: str) -> None:
    raise Refusal("router_invalid", message, hint="Nothing was changed.", errors={field: [message]})
