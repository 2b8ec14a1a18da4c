"""Forecast of a launch: who falls into which arm, what must be written, and what that may cost.

Reads contacts, records, teachers and prices; writes nothing. The assignment is the launch's own, so the figures are of
the very arms that will be; the costs are estimates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from uuid import UUID

from campaigns.models import Arm, Campaign, Contact, Experiment, Stage
from campaigns.pipelines.queries import stages
from campaigns.pipelines.stage_forecast import StageForecast, forecast_stages, routed_price
from campaigns.planning import audience
from campaigns.planning.assignment import arm_of
from campaigns.states import StageKind, StepWriter
from generation.models import Teacher
from generation.money.estimate import OrderEstimate
from generation.money.figures import MICRO, rounded_up
from generation.orders import launch
from generation.orders.mix_estimate import estimate_from_spec
from review.models import TaskVersion
from review.tasks.queries import latest_version
from web.errors import Refusal

# A price is guessed from a rendered sample; more records than this would only be read.
PRICED_RECORDS = 200


@dataclass(frozen=True)
class ContactArm:
    """A contact and the arm it falls into."""

    contact: Contact
    arm: Arm


@dataclass(frozen=True)
class ArmForecast:
    """Forecast of an arm: people, companies, drafts to write, and their price.

    Attributes:
        drafts: Drafts its model would write for one step: one a record, however many people share it; one a person
            where stages write the record.
        estimate: The price of these drafts; None when nothing is to be written, or it cannot be.
    """

    arm: Arm
    contacts: int
    clusters: int
    drafts: int
    estimate: OrderEstimate | None = None
    refusal: Refusal | None = None
    stages: tuple[StageForecast, ...] = ()


@dataclass(frozen=True)
class LaunchForecast:
    """A launch as it would be: arms in their order, and how many steps a model writes."""

    arms: list[ArmForecast]
    model_steps: int
    contacts: int

    @property
    def cost_usd(self) -> Decimal:
        return self._sum("cost_usd")

    @property
    def cost_high_usd(self) -> Decimal:
        return self._sum("cost_high_usd")

    @property
    def least_usd(self) -> Decimal:
        """Return the dearest call of each arm and stage together: with less, one of them may not begin."""
        arms = [rounded_up(line.estimate.worst_call_usd, MICRO) for line in self.arms if line.estimate]
        return sum([*arms, *(stage.least_usd for line in self.arms for stage in line.stages)], Decimal(0))

    @property
    def seconds(self) -> float:
        """Return the time of the slowest arm's models, for one step; arms are written side by side."""
        return max((line.estimate.time_s for line in self.arms if line.estimate), default=0.0)

    def _sum(self, name: str) -> Decimal:
        each = sum(getattr(line.estimate, name) for line in self.arms if line.estimate)
        # Stages prepare the first mail alone.
        stages = sum((getattr(stage, name) for line in self.arms for stage in line.stages), Decimal(0))
        return Decimal(str(round(each * self.model_steps, 6))) + stages


def is_registered(campaign: Campaign) -> bool:
    """Tell whether an experiment of the campaign is registered: its audience, arms and wording stay as they were."""
    return Experiment.objects.filter(campaign=campaign, registered_at__isnull=False).exists()


def version_at_launch(campaign: Campaign) -> TaskVersion:
    """Return the wording that a launch would take: the newest, unless an experiment was registered on another."""
    return campaign.task_version if is_registered(campaign) else latest_version(campaign.task)


def contact_arms(campaign: Campaign, contacts: Sequence[Contact]) -> list[ContactArm]:
    """The arm of each contact, by the salted hash of its cluster.

    Raises:
        ValueError: The weights of the arms assign no contacts.
    """
    arms = list(campaign.arms.order_by("position"))
    weights = [arm.weight for arm in arms]
    return [ContactArm(contact, arms[arm_of(campaign.salt, contact.cluster, weights)]) for contact in contacts]


def forecast_of(campaign: Campaign) -> LaunchForecast:
    """Forecast a launch of the campaign's audience now."""
    arms = list(campaign.arms.select_related("teacher").order_by("position"))
    weights = [arm.weight for arm in arms]
    people: dict[UUID, list[tuple[str, UUID | None]]] = {arm.pk: [] for arm in arms}
    total = 0
    for cluster, record_id in audience.contacts_matching(campaign).values_list("cluster", "record_id"):
        people[arms[arm_of(campaign.salt, cluster, weights)].pk].append((cluster, record_id))
        total += 1
    model_steps = campaign.steps.filter(writer=StepWriter.MODEL).count()
    lines = [_arm(campaign, arm, people[arm.pk], is_written=bool(model_steps) and not arm.is_holdout) for arm in arms]
    return LaunchForecast(lines, model_steps, total)


def _arm(campaign: Campaign, arm: Arm, people: Sequence[tuple[str, UUID | None]], *, is_written: bool) -> ArmForecast:
    clusters = len({cluster.casefold() for cluster, _ in people})
    records = list(dict.fromkeys(record for _, record in people if record is not None)) if is_written else []
    # A mail that stages write a record for has one of its own, and one for a contact without facts too.
    drafts = len(people) if is_written and arm.pipeline_id is not None else len(records)
    stages = forecast_stages(arm, len(people)) if is_written else ()
    if not drafts or arm.teacher is None:
        return ArmForecast(arm, len(people), clusters, drafts, stages=stages)
    try:
        price = routed_price(_routed(arm), arm.teacher, drafts, partial(_price, campaign, records))
    except Refusal as refusal:
        return ArmForecast(arm, len(people), clusters, drafts, refusal=refusal, stages=stages)
    return ArmForecast(arm, len(people), clusters, drafts, price, stages=stages)


def _routed(arm: Arm) -> Stage | None:
    return stages().filter(version=arm.pipeline_id, kind=StageKind.WRITE, router__isnull=False).first()


def _price(campaign: Campaign, records: Sequence[UUID], teacher: Teacher, drafts: int) -> OrderEstimate:
    if not records:
        return estimate_from_spec(campaign.task_version, teacher=teacher, count=drafts)
    quoted = launch.quote(
        launch.OrderRequest(
            campaign.task,
            teacher=teacher,
            count=drafts,
            by=None,
            record_ids=records[:PRICED_RECORDS],
            version=campaign.task_version,
        )
    )
    return quoted.estimate
