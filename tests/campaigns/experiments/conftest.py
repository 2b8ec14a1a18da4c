from __future__ import annotations

import pytest

from campaigns.experiments import register
from campaigns.experiments.design import ExperimentRequest
from campaigns.models import Campaign, Experiment
from members.models import Member
from review.models import Task
from tests.campaigns import experiment_rows, factories
from tests.review import factories as desk

WISHES = ExperimentRequest(**experiment_rows.SAID)


@pytest.fixture
def people(task: Task) -> None:
    factories.make_people(task, desk.make_records(desk.make_source(task), 20))


@pytest.fixture
def campaign(task: Task, people: None, lead: Member) -> Campaign:
    return experiment_rows.two_arms(task, by=lead)


@pytest.fixture
def experiment(campaign: Campaign, lead: Member) -> Experiment:
    return register.register(campaign, WISHES, by=lead)
