from __future__ import annotations

from decimal import Decimal

from campaigns.experiments import enrolments
from campaigns.overview import figures
from campaigns.pipelines import compose
from campaigns.planning.plans import ArmPlan
from campaigns.sending import lifecycle, tick
from campaigns.states import Metric
from campaigns.writing import orders
from members.models import Member
from review.models import Task
from review.states import Role
from tests.campaigns import factories, stage_rows
from tests.campaigns.stage_rows import answer_orders, qualify_stage, write_stage
from tests.review import factories as desk


def test_what_stages_cost_counts_for_their_arm_and_the_campaigns_budget(
    task: Task, people: None, lead: Member, admin: Member
) -> None:
    tasks = stage_rows.make_tasks(by=admin)
    desk.join(lead, tasks["qualify"], Role.LEAD)
    stages = [qualify_stage(tasks["qualify"]), write_stage(task, pain="lead.fit")]
    version = compose.create(task, name="Spring", slug="spring", stages=stages, by=lead)
    campaign = lifecycle.launch(
        factories.make_draft_campaign(task, by=lead, arms=[ArmPlan("A", pipeline=version)]), by=lead
    )
    tick.advance_all()
    answer_orders({"qualify-task": lambda record: {"fit": "good"}})
    tick.advance_all()
    answer_orders({"outreach": desk.mail})
    tick.advance_all()

    # Six labels and six mails at 0.002.
    assert figures.arms(campaign)[0].cost_usd == Decimal("0.024")
    assert orders.budget_left_usd(campaign) == campaign.max_model_usd - Decimal("0.024")
    everyone = enrolments.enrolled_in(campaign, Metric.REPLY)
    usd, _ = enrolments._calls(campaign)
    shares = enrolments._shared_out(everyone, usd)
    stage_shares = enrolments._stage_costs(campaign)
    assert round(sum(shares.values()), 6) == 0.012
    assert set(stage_shares) == set(everyone.ids)
    assert round(sum(stage_shares.values()), 6) == 0.012
