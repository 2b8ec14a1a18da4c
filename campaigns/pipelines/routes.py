"""Routes of each record of a stage: its own model, or the one that the stage's router sends the record to.

A router that goes by marks or by confidence has its miniature answer first: what that wrote is the answer, or sends the
record on to the larger miniature or the teacher. One that goes by a number of the record sends it at once. A record is
routed once in a campaign and stage, by the thresholds of the version that the stage was saved with; its row is written
in the tick's transaction, before anybody is asked by it. A record without the number goes to the teacher: so does one
whose miniature gave no answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from django.db.models import Exists, OuterRef

from campaigns.models import Campaign, Stage, StageRoute
from campaigns.writing import drafts_written
from generation.models import Call, Order, Teacher
from jobs.states import FINISHED
from review.models import Draft, Record
from serving.models import RouteOutcome, RouterVersion
from serving.routing import promise, route
from serving.routing.pairs import number_of, text_value
from web.db.chunks import chunked, rows_of

CHUNK = 500
ZERO = Decimal(0)
Features = dict[str, float]


@dataclass(frozen=True, slots=True)
class Turn:
    """Turn of one model: records of one stage that it is to answer next.

    Attributes:
        teacher: The model; None where a miniature of the router can be asked no longer, or the stage has none.
        records: That have no answer yet.
    """

    teacher: Teacher | None
    records: list[UUID]
    orders: list[Order]

    @property
    def never_asked(self) -> list[UUID]:
        """Records that no order of this model names: a router sent them on."""
        named = drafts_written.records_of(self.orders)
        return [record for record in self.records if record not in named]

    @property
    def cut_short(self) -> set[UUID]:
        """Records that were never asked because the money of their order had ended, as after calls of unknown fate."""
        short = [order for order in self.orders if order.is_cut_short]
        named = drafts_written.records_of(short) & set(self.records)
        if not named:
            return set()
        calls = Call.objects.filter(order__in=[order.pk for order in self.orders], record_id__isnull=False).order_by()
        return named - set(calls.values_list("record_id", flat=True))


@dataclass(frozen=True, slots=True)
class StageAnswers:
    """Answers to records of a stage, and who is to answer the rest.

    Attributes:
        repeated: Why a draft of a record was passed over that repeats an earlier mail.
        turns: The rest, by the model that is to answer next.
        spent_usd: By record, what models before the one that gave its answer cost.
    """

    drafts: dict[UUID, UUID]
    repeated: dict[UUID, str]
    turns: list[Turn]
    spent_usd: Mapping[UUID, Decimal] = field(default_factory=dict)


def answers(
    campaign: Campaign,
    stage: Stage | None,
    teacher: Teacher | None,
    stage_orders: Sequence[Order],
    records: Collection[UUID],
) -> StageAnswers:
    """Return the answers to these records, and whose turn it is; routes those that can be routed now.

    Runs inside the tick's transaction, under the campaign's lock.

    Args:
        stage: The stage, with its router; None or without one, `teacher` answers all.
        teacher: Who answers where no router decides.
    """
    if stage is None or stage.router is None:
        drafts, repeated = drafts_written.drafts_by_record(stage_orders, records)
        rest = [record for record in records if record not in drafts]
        return StageAnswers(drafts, repeated, [Turn(teacher, rest, list(stage_orders))] if rest else [])
    models = promise.models_of(stage.router)
    by_model = [[order for order in stage_orders if model and order.teacher_id == model.pk] for model in models]
    answers_by_model = [drafts_written.drafts_by_record(orders, records) for orders in by_model]
    places = _places(campaign, stage, records)
    undecided = [record for record in records if record not in places]
    places |= _decide(campaign, stage, stage.router, undecided, answers_by_model[0][0], by_model[0])
    return _gathered(campaign, stage, records, models, by_model, answers_by_model, places)


def _gathered(
    campaign: Campaign,
    stage: Stage,
    records: Collection[UUID],
    models: Sequence[Teacher | None],
    by_model: Sequence[list[Order]],
    answers_by_model: Sequence[tuple[dict[UUID, UUID], dict[UUID, str]]],
    places: Mapping[UUID, int],
) -> StageAnswers:
    drafts: dict[UUID, UUID] = {}
    waiting: dict[int, list[UUID]] = defaultdict(list)
    for record in records:
        # What is not routed yet waits for the first.
        place = places.get(record, 0)
        answer = answers_by_model[place][0].get(record) if record in places else None
        if answer is not None:
            drafts[record] = answer
        else:
            waiting[place].append(record)
    before = {
        record: answers_by_model[0][0][record]
        for record in drafts
        if places[record] and record in answers_by_model[0][0]
    }
    drafts_with_cost = Draft.objects.order_by().values_list("pk", "cost_usd")
    costs = dict(rows_of(drafts_with_cost, "pk", [*drafts.values(), *before.values()]))
    spent = {record: costs[draft] for record, draft in before.items()}
    _keep_answers(campaign, stage, drafts, {pk: costs[draft] + spent.get(pk, ZERO) for pk, draft in drafts.items()})
    repeated = {record: why for _, repeats in answers_by_model for record, why in repeats.items()}
    turns = [Turn(models[place], waiting[place], by_model[place]) for place in sorted(waiting)]
    return StageAnswers(drafts, repeated, turns, spent)


def _places(campaign: Campaign, stage: Stage, records: Iterable[UUID]) -> dict[UUID, int]:
    rows = StageRoute.objects.filter(campaign=campaign, stage=stage).order_by()
    return dict(rows_of(rows.values_list("record_id", "routed__route"), "record", records))


def _decide(
    campaign: Campaign,
    stage: Stage,
    version: RouterVersion,
    undecided: Sequence[UUID],
    draft_by_record: Mapping[UUID, UUID],
    orders: Sequence[Order],
) -> dict[UUID, int]:
    """Route the records whose number is known now, or will never be, and keep their places."""
    decided: dict[UUID, int] = {}
    for chunk in chunked(undecided, CHUNK):
        features = (
            _of_texts(version, chunk, draft_by_record, orders) if version.writes_first else _of_facts(version, chunk)
        )
        routed = route.record_all(version, list(features.values()))
        StageRoute.objects.bulk_create(
            StageRoute(campaign=campaign, stage=stage, record_id=record, routed_id=each.id)
            for record, each in zip(features, routed, strict=True)
        )
        decided |= {record: each.route.place for record, each in zip(features, routed, strict=True)}
    return decided


def _of_facts(version: RouterVersion, records: Sequence[UUID]) -> dict[UUID, Features]:
    facts = Record.objects.filter(pk__in=records).values_list("pk", "facts")
    numbers = {pk: number_of(record_facts, version.fact) for pk, record_facts in facts}
    return {pk: {} if number is None else {version.fact: number} for pk, number in numbers.items()}


def _of_texts(
    version: RouterVersion, records: Sequence[UUID], draft_by_record: Mapping[UUID, UUID], orders: Sequence[Order]
) -> dict[UUID, Features]:
    """Features of the miniature's text; absent where its call failed or its confidence is unknown."""
    drafts = {draft_by_record[record]: record for record in records if record in draft_by_record}
    texts = Draft.objects.filter(pk__in=list(drafts)).order_by().values_list("pk", "marks_count", "mean_log_prob")
    values = {drafts[pk]: text_value(version.feature, marks, sure) for pk, marks, sure in texts}
    name = route.feature_name(version)
    features: dict[UUID, Features] = {pk: {} if value is None else {name: value} for pk, value in values.items()}
    ended = [order.pk for order in orders if order.job is not None and order.job.state in FINISHED]
    has_draft = Draft.objects.filter(record_id=OuterRef("record_id"), job_id=OuterRef("order__job_id"))
    failed = Call.objects.filter(~Exists(has_draft), order__in=ended, record_id__in=records).order_by()
    under_way = drafts_written.records_under_way(orders)
    for record in set(failed.values_list("record_id", flat=True)) - features.keys() - under_way:
        if record is not None:
            features[record] = {}
    return features


def _keep_answers(
    campaign: Campaign, stage: Stage, drafts: Mapping[UUID, UUID], costs_usd: Mapping[UUID, Decimal]
) -> None:
    """Link a route to its answer; its cost is its outcome where no audit waits for verdicts."""
    for chunk in chunked(drafts, CHUNK):
        rows = StageRoute.objects.filter(campaign=campaign, stage=stage, record__in=chunk, draft__isnull=True)
        fresh = list(rows.select_related("routed"))
        for each in fresh:
            each.draft_id, each.cost_usd = drafts[each.record_id], costs_usd[each.record_id]
        StageRoute.objects.bulk_update(fresh, ["draft", "cost_usd"], batch_size=CHUNK)
        # A program may have told one of these before; the campaign goes on with what is there.
        RouteOutcome.objects.bulk_create(
            [RouteOutcome(routed=each.routed, cost_usd=each.cost_usd) for each in fresh if not each.routed.is_audit],
            ignore_conflicts=True,
        )
