"""Pages of sweeps that were carried some way: what was best, what failed, what each run lies beside."""

from __future__ import annotations

import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from jobs.models import JobEvent
from tests.training.conftest import freeze
from tests.training.sweeping import end, finish_all, look, order, runs_of
from training.runs.run_request import RunRequest
from training.sweeps import launch_sweep

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def version(task, admin):
    return freeze(task, admin, train=20, validation=4)


@pytest.fixture
def sweep(version, student, admin):
    return launch_sweep.launch(order(), RunRequest(dataset_version=version, student=student), by=admin)


@pytest.mark.slow
def test_the_page_shows_every_run_the_best_one_and_the_chart(as_member, admin, sweep, tmp_path):
    finish_all(sweep, tmp_path, lambda run: 0.4 if run.recipe["learning_rate"] == 1e-2 else 0.7)

    page = as_member(admin).get(reverse("training:sweep", args=[sweep.pk])).content.decode()

    data = json.loads(re.search(r'id="sweep-chart">(.*?)</script>', page).group(1))
    assert "Best run: rate 0.01, epochs 1" in re.sub(r"\s+", " ", page)
    assert [len(each["points"]) for each in data["series"]] == [2, 2]
    assert page.count("badge is-good") >= 4


@pytest.mark.slow
def test_keeping_a_run_from_the_page_brings_it_into_the_list(as_member, admin, sweep, tmp_path):
    finish_all(sweep, tmp_path, lambda run: 0.4 if run.recipe["learning_rate"] == 1e-2 else 0.7)
    client = as_member(admin)
    run = sweep.cells.get(position=1).run

    answer = client.post(reverse("training:sweep-keep", args=[sweep.pk]), {"cell": "1"})
    listed = client.get(reverse("training:list", args=[sweep.task.slug])).content.decode()
    nonsense = client.post(reverse("training:sweep-keep", args=[sweep.pk]), {"cell": "x"}, follow=True)

    assert answer.status_code == 302
    assert reverse("training:run", args=[run.pk]) in listed
    assert nonsense.redirect_chain == [(reverse("training:sweep", args=[sweep.pk]), 302)]
    assert 'class="alert is-failed"' in nonsense.content.decode()


@pytest.mark.slow
def test_a_failed_run_says_why_in_words(as_member, admin, sweep):
    look(sweep)
    end(runs_of(sweep)[0].job, "failed", error={"code": "diverged", "message": "step 3: the loss is <nan>", "hint": ""})
    look(sweep)

    part = as_member(admin).get(reverse("training:sweep-progress", args=[sweep.pk])).content.decode()

    assert "step 3: the loss is &lt;nan&gt;" in part
    assert "<html" not in part


@pytest.mark.slow
def test_a_page_of_twelve_runs_asks_as_many_questions_as_one_of_four(
    as_member, admin, sweep, version, student, tmp_path, django_assert_num_queries
):
    finish_all(sweep, tmp_path)
    wide = order(learning_rate=(1e-4, 2e-4, 3e-4), rank=(2, 4), epochs=(1, 2))
    larger = launch_sweep.launch(wide, RunRequest(dataset_version=version, student=student), by=admin)
    finish_all(larger, tmp_path)
    client = as_member(admin)
    client.get(reverse("training:sweep", args=[sweep.pk]))
    with CaptureQueriesContext(connection) as four:
        client.get(reverse("training:sweep", args=[sweep.pk]))

    with django_assert_num_queries(len(four)):
        client.get(reverse("training:sweep", args=[larger.pk]))


def test_a_run_of_a_sweep_leads_back_to_it(as_member, admin, sweep):
    look(sweep)
    (run,) = runs_of(sweep)

    page = as_member(admin).get(reverse("training:run", args=[run.pk])).content.decode()

    assert f'by <a href="{reverse("training:sweep", args=[sweep.pk])}">sweep 1</a>' in page
    assert "runs of sweeps and studies write no samples" in page


def test_buttons_of_a_run_under_way_lead_back_to_the_page_and_not_to_its_part(as_member, admin, sweep):
    look(sweep)
    page = reverse("training:sweep", args=[sweep.pk])
    htmx = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{page}"}

    part = as_member(admin).get(reverse("training:sweep-progress", args=[sweep.pk]), headers=htmx).content.decode()

    assert set(re.findall(r'name="next" value="([^"]*)"', part)) == {page}


def test_a_sweep_is_headed_by_its_recipe_and_a_run_in_the_queue_asks_for_nobody(as_member, admin, sweep):
    look(sweep)

    page = as_member(admin).get(reverse("training:sweep", args=[sweep.pk])).content.decode()

    assert "Sweep 1: Demo, LoRA on Tiny" in page
    assert '<span class="badge is-idle">in the queue</span>' in page


@pytest.mark.slow
def test_all_runs_of_a_sweep_lie_on_one_chart_over_the_epochs(as_member, admin, sweep, tmp_path):
    address = reverse("training:sweep", args=[sweep.pk])
    before = as_member(admin).get(address).content.decode()
    finish_all(sweep, tmp_path, lambda run: 0.4 if run.recipe["learning_rate"] == 1e-2 else 0.7)
    for cell in sweep.cells.exclude(run=None).select_related("run__job"):
        for number, epoch in enumerate((0.5, 1.0), 900):
            payload = {"step": number, "epoch": epoch, "val_loss": 1 / number}
            JobEvent.objects.create(
                job=cell.run.job, fence=99, seq=number, kind="metric", payload=payload, ts=timezone.now()
            )

    page = as_member(admin).get(address).content.decode()

    data = json.loads(re.search(r'id="sweep-curves">(.*?)</script>', page).group(1))
    assert "sweep-curves" not in before
    assert len(data["series"]) == len({each["name"] for each in data["series"]}) == 4
    assert data["series"][0]["name"] == "rate 0.01, epochs 1"
    assert all([point[0] for point in each["points"][-2:]] == [0.5, 1.0] for each in data["series"])
