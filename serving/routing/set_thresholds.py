"""Make a router, and set its thresholds as far as experts' held-out verdicts keep its promise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NoReturn

from django.db import transaction
from django.utils.text import slugify

from audit import trail
from generation.models import Teacher
from members.models import Member
from review.models import Task
from review.ports import named_models
from review.states import Role
from review.tasks.permissions import require
from review.tasks.queries import latest_version
from serving.models import Router, RouterVersion
from serving.routing import pairs
from serving.routing.pairs import JudgedRecord, RouteRule
from serving.states import RouteFeature
from stats import paired_loss, risk_control, routing
from stats.routing import RouteSetting
from training.miniatures import queries
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
        slug = free_slug(Task.objects.all(), stem, *named_models())
        router = Router.objects.create(task=task, name=name, slug=slug, created_by=by)
        trail.record("router_made", by=by, about=router, task=task.slug)
    return router


@transaction.atomic
def set_thresholds(router: Router, request: RouterRequest, *, by: Member) -> RouterVersion:
    """Set thresholds by the verdicts there are.

    Every try on the verdicts of a task, of whatever router, spends a part of its confidence, so that all promises
    together hold.

    Returns:
        The new version. One that verdicts do not bear out has no thresholds: everything goes to the teacher. It counts
        as a try.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: `router_invalid`, a value outside its limits; `too_few_pairs`, which is no try.
    """
    require(by, router.task, Role.LEAD)
    _check(router.task, request)
    Task.objects.select_for_update().get(pk=router.task_id)
    records = pairs.collect(router.task, request.miniatures, request.teacher, request.rule)
    standing, attempt = _standing(router.task, request, records), attempts(router.task) + 1
    if standing.missing:
        raise Refusal(
            "too_few_pairs",
            f"There are {standing.pairs:,} judged pairs. The promise needs {standing.needed:,}: "
            f"{standing.missing:,} more.",
            hint="Have the teacher and every miniature write for more validation records, one of each "
            f"{latest_version(router.task).spec.group_noun}, and have experts judge these drafts one by one; or "
            "promise less: a greater margin needs fewer. Nothing was tried.",
            state={"pairs": standing.pairs, "needed": standing.needed},
        )
    settings = routing.path(pairs.grid(router.task, request.rule, request.miniature), len(request.miniatures))
    level = 1 - risk_control.spent(attempt, level=request.confidence)
    units = [each.unit for each in records]
    setting = routing.safe_setting(units, settings, margin=request.margin, level=level)
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
        **_asked(request),
        **_found(records, request, setting),
    )
    trail.record(
        "router_set", by=by, about=router, task=router.task.slug, version=number, borne_out=setting is not None
    )
    return version


def attempts(task: Task) -> int:
    """Return how often thresholds were set by verdicts of a task."""
    return RouterVersion.objects.filter(router__task=task).count()


def standing(task: Task, request: RouterRequest) -> PairStanding:
    """Return how many pairs there are for a request, and how many it needs; tells nothing of who is better.

    Raises:
        Refusal: `router_invalid`, a value outside its limits.
    """
    _check(task, request)
    return _standing(task, request, pairs.collect(task, request.miniatures, request.teacher, request.rule))


def _standing(task: Task, request: RouterRequest, records: Sequence[JudgedRecord]) -> PairStanding:
    level = 1 - risk_control.spent(attempts(task) + 1, level=request.confidence)
    differ = sum(each.unit.passes[0] != each.unit.passes[-1] for each in records)
    discordance = differ / len(records) if records else None
    assumed = discordance if discordance is not None and len(records) >= _FEW else _ASSUMED
    return PairStanding(
        len(records), discordance, assumed, paired_loss.pairs_needed(request.margin, assumed, level=level)
    )


def _asked(request: RouterRequest) -> dict[str, Any]:
    return {
        "miniature": request.miniature,
        "larger": request.larger,
        "teacher": request.teacher,
        "feature": request.rule.feature,
        "fact": request.rule.fact if request.rule.feature == RouteFeature.FACT else "",
        "takes_low": request.rule.sign < 0,
        "margin": request.margin,
        "confidence": request.confidence,
        "audit_share": request.audit_share,
    }


def _found(records: Sequence[JudgedRecord], request: RouterRequest, setting: RouteSetting | None) -> dict[str, Any]:
    places = len(request.miniatures) + 1
    thresholds = setting.thresholds if setting else ()
    routes = [routing.choose(each.unit.score, thresholds) if setting else places - 1 for each in records]
    expected = [
        {"share": routes.count(place) / len(records), "cost_usd": _mean_cost(records, place)} for place in range(places)
    ]
    return {
        "thresholds": [request.rule.sign * threshold for threshold in thresholds],
        "lost": setting.counts.lost if setting else 0,
        "won": setting.counts.won if setting else 0,
        "p_value": setting.p if setting else None,
        "expected": expected,
    }


def _mean_cost(records: Sequence[JudgedRecord], place: int) -> float:
    return float(sum((each.costs_usd[place] for each in records), Decimal(0)) / len(records))


def _check(task: Task, request: RouterRequest) -> None:
    for name, value, (least, most) in (
        ("margin", request.margin, MARGINS),
        ("confidence", request.confidence, CONFIDENCES),
        ("audit_share", request.audit_share, AUDIT_SHARES),
    ):
        if not least <= value <= most:
            _refuse(name, f"Between {least * 100:g} and {most * 100:g} %.")
    if any(each.task_id != task.pk for each in request.miniatures):
        _refuse("miniature", "A router's miniatures are of its own task.")
    if request.larger == request.miniature:
        _refuse("larger", "The second miniature is another one than the first.")
    if request.teacher.provided_by:
        _refuse("teacher", "The last model must be a teacher, not a miniature.")
    if pairs.grid(task, request.rule, request.miniature):
        return
    if request.rule.feature == RouteFeature.FACT:
        _refuse("fact", f"No training record has a number '{request.rule.fact}'.")
    _refuse(
        "feature",
        f"Of no text that {request.miniature.name} wrote for a training record is it known how sure it was: texts "
        "from before that was kept say nothing, nor do classifiers. Order drafts of training records from it "
        "under Generation, then set thresholds.",
    )


def _refuse(field: str, message: str) -> None:
    raise Refusal("router_invalid", message, hint="Nothing was changed.", errors={field: [message]})


def read_request(task: Task, member: Member, values: Mapping[str, Any]) -> RouterRequest:
    """The request, with its models looked up.

    Args:
        values: `miniature`, `larger` and `teacher` by short name, and the plain values of `RouterRequest` and
            `RouteRule`. Shares 0 to 1.

    Raises:
        Refusal: `router_invalid`, a model that the task does not have.
    """
    miniatures = {each.slug: each for each in queries.visible(member, task=task)}
    teachers = {each.slug: each for each in pairs.teachers_of(task)}
    larger = values.get("larger")
    return RouterRequest(
        miniature=miniatures.get(values["miniature"]) or _unknown("miniature", values["miniature"]),
        larger=_larger(miniatures, larger) if larger else None,
        teacher=teachers.get(values["teacher"]) or _unknown("teacher", values["teacher"]),
        rule=RouteRule(values["feature"], values.get("fact", "").strip(), values.get("takes_low", False)),
        margin=values["margin"],
        confidence=values["confidence"],
        audit_share=values["audit_share"],
    )


def _larger(miniatures: Mapping[str, Miniature], slug: str) -> Miniature:
    return miniatures.get(slug) or _unknown("larger", slug)


def choices(task: Task, member: Member) -> tuple[list[Miniature], list[Teacher]]:
    """Miniatures and teachers that a router of the task can have as models."""
    return list(queries.visible(member, task=task)), pairs.teachers_of(task)


def _unknown(field: str, slug: str) -> NoReturn:
    message = f"The task has no such {'teacher' if field == 'teacher' else 'miniature'}: '{slug}'."
    hint = "A router's teacher has written drafts of the task; its miniatures were tuned for it."
    raise Refusal("router_invalid", message, hint=hint, errors={field: [message]})
