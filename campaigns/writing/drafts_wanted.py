"""Mails that wait for a draft, by the record they are written from, and who writes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from campaigns.models import Campaign, Stage
from campaigns.pipelines import routes
from campaigns.pipelines.queries import routed_writing
from campaigns.pipelines.routes import StageAnswers
from campaigns.writing import orders as writing_orders
from generation.models import Order, Teacher

# Arm, step, what its readers got before where that differs, and who writes.
Group = tuple[UUID, UUID, str, UUID | None]


@dataclass(frozen=True, slots=True)
class DraftsWanted:
    """Mails of one arm, step and branch, by the record they are to be written from."""

    arm_id: UUID
    step_id: UUID
    branch: str
    by_record: dict[UUID, list[UUID]]
    # Who is to write them next; none before that is known, and where nobody can.
    teacher: Teacher | None = None

    @property
    def group(self) -> Group:
        return self.arm_id, self.step_id, self.branch, self.teacher.pk if self.teacher is not None else None

    def orders(self, campaign: Campaign) -> list[Order]:
        return list(writing_orders.of_step(campaign, arm_id=self.arm_id, step_id=self.step_id, branch=self.branch))

    def mails(self, records: Iterable[UUID]) -> list[UUID]:
        return [mail for record in records for mail in self.by_record[record]]


class Writers:
    def __init__(self, campaign: Campaign) -> None:
        self._campaign = campaign
        self._arms = {arm.pk: arm for arm in campaign.arms.select_related("teacher")}
        self._routed = routed_writing(campaign)

    def stage(self, wanted: DraftsWanted) -> Stage | None:
        """The stage whose router says who writes; none where the arm's model does."""
        return self._routed.get((wanted.arm_id, wanted.step_id))

    def answers(self, wanted: DraftsWanted) -> StageAnswers:
        teacher, there = self._arms[wanted.arm_id].teacher, wanted.orders(self._campaign)
        return routes.answers(self._campaign, self.stage(wanted), teacher, there, wanted.by_record)
