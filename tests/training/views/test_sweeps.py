"""Pages of sweeps: launched with an estimate, followed, kept; by role, with and without scripts."""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from jobs.models import Job
from tests.training.conftest import freeze
from tests.training.sweeping import order
from training.models import HostPrice, Sweep
from training.runs.run_request import RunRequest
from training.sweeps import launch_sweep

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]


@pytest.fixture(scope="module")
def shared_version(shared_task, shared_admin):
    return freeze(shared_task, shared_admin, train=20, validation=4)


@pytest.fixture
def sweep(version, student, admin):
    return launch_sweep.launch(order(), RunRequest(dataset_version=version, student=student), by=admin)


def form_of(version, **more):
    return {
        "dataset_version": str(version.pk), "student": "tiny", "recipe": "demo", "device": "auto",
        "learning_rate": "1e-3, 1e-2", "rank": "", "epochs": "1 2", "share": "50 100 %", "max_hours": "5",
        "at_once": "1", **more,
    }  # fmt: skip


def test_launching_from_the_page_leads_to_the_sweep(as_member, admin, task, version, student):
    answer = as_member(admin).post(reverse("training:sweeps", args=[task.slug]), form_of(version))

    sweep = Sweep.objects.get()
    assert answer["Location"] == reverse("training:sweep", args=[sweep.pk])
    assert sweep.cells.count() == 8
    assert sweep.grid["share"] == [0.5, 1.0]


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"learning_rate": "fast"}, "Write numbers such as"),
        ({"learning_rate": "nan"}, "above zero"),
        ({"epochs": "1.5"}, "Write whole numbers"),
        ({"max_hours": "", "max_usd": "5"}, "no host price is set"),
        ({"share": "200"}, "at most 100 %"),
    ],
)
def test_what_cannot_be_launched_comes_back_with_what_was_typed(as_member, admin, task, version, student, wrong, said):
    answer = as_member(admin).post(reverse("training:sweeps", args=[task.slug]), form_of(version, **wrong))

    page = answer.content.decode()
    assert answer.status_code in (400, 422)
    assert said.lower() in page.lower()
    assert 'value="1"' in page
    assert not Sweep.objects.exists()


@pytest.mark.slow
def test_the_estimate_says_how_far_the_budget_reaches(as_member, admin, task, version, student):
    HostPrice.objects.create(host="default", usd_per_hour=Decimal("2.50"))
    address = reverse("training:sweep-estimate", args=[task.slug])

    part = as_member(admin).get(address, form_of(version)).content.decode()
    wrong = as_member(admin).get(address, form_of(version, epochs="x")).content.decode()

    assert "covers all of them" in part
    assert "at $2.50 an hour" in part
    assert "<html" not in part
    assert "Write whole numbers" in wrong


@pytest.mark.slow
def test_a_sweep_whose_runs_go_on_is_shown_as_running_and_one_that_waits_for_a_person_as_waiting(
    as_member, admin, sweep, task
):  # fmt: skip
    def badges(reason):
        Job.objects.filter(pk=sweep.job_id).update(state="waiting", waiting_reason=reason)
        client = as_member(admin)
        pages = (
            client.get(reverse("training:sweep", args=[sweep.pk])),
            client.get(reverse("training:sweeps", args=[task.slug])),
        )
        return [re.search(r'class="badge (is-\w+)"[^>]*>(\w+)<', page.content.decode()).groups() for page in pages]

    assert badges("No. 1 is under way, No. 2 is paused") == [("is-running", "running")] * 2
    assert badges("No. 1 is paused") == [("is-look", "waiting")] * 2


def test_the_file_holds_every_cell(as_member, admin, sweep):
    answer = as_member(admin).get(reverse("training:sweep-csv", args=[sweep.pk]))

    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert [row["state"] for row in rows] == ["open"] * 4
    assert {row["learning_rate"] for row in rows} == {"0.001", "0.01"}


def test_again_fills_the_form_with_the_same_grid(as_member, admin, sweep):
    client = as_member(admin)
    page = client.get(reverse("training:sweep", args=[sweep.pk])).content.decode()
    link = re.search(r'href="([^"]+#new-sweep)"', page).group(1).replace("&amp;", "&")

    form = client.get(link.split("#")[0]).content.decode()

    assert 'value="0.001 0.01"' in form
    assert 'value="1 2"' in form


@pytest.mark.slow
def test_the_list_asks_the_same_number_of_questions_for_one_sweep_and_for_five(
    as_member, admin, sweep, version, student, django_assert_num_queries
):
    client, address = as_member(admin), reverse("training:sweeps", args=[sweep.task.slug])
    client.get(address)
    with CaptureQueriesContext(connection) as one:
        client.get(address)
    for _ in range(4):
        launch_sweep.launch(order(), RunRequest(dataset_version=version, student=student), by=admin)

    with django_assert_num_queries(len(one)):
        client.get(address)


def test_the_form_opens_with_what_can_be_launched(as_member, admin, task, version, student):
    page = as_member(admin).get(reverse("training:sweeps", args=[task.slug])).content.decode()

    assert re.search(r'<option value="paper-lora"\s+selected', page)
    assert re.search(r'name="max_hours"\s+value="1"', page)
