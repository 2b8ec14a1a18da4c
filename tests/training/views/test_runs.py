"""Pages of runs: launch with an estimate, follow, compare; by role, with and without htmx."""

from __future__ import annotations

import json
import re

import pytest
from django.urls import reverse

from evaluation.evaluations.run_inputs import tuned_name
from evaluation.models import Evaluation
from tests.training.miniatures import conclude, report
from tests.training.sweeping import hold
from training.models import HostPrice, TrainingRun

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]


def form_of(version, **more):
    return {"dataset_version": str(version.pk), "student": "tiny", "recipe": "demo", "device": "auto", **more}


def data_of(page, name):
    found = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', page)
    return json.loads(found.group(1))


def test_the_page_shows_every_value_of_the_recipe_with_its_source(as_member, admin, task, version, student):
    page = as_member(admin).get(reverse("training:list", args=[task.slug])).content.decode()

    assert "Launch run" in page
    assert "Learning rate" in page
    assert "r = 16 up to 3 B parameters" in page
    assert "10 train, 3 validation rows" in page


def test_launching_from_the_page_leads_to_the_run(as_member, admin, task, version, student):
    answer = as_member(admin).post(
        reverse("training:list", args=[task.slug]), form_of(version, **{"set-epochs": "2", "set-rank": ""})
    )

    run = TrainingRun.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == reverse("training:run", args=[run.pk])
    assert run.overrides == {"epochs": 2}


def test_a_bad_override_comes_back_beside_its_field_with_what_was_typed(as_member, admin, task, version, student):
    answer = as_member(admin).post(reverse("training:list", args=[task.slug]), form_of(version, **{"set-epochs": "0"}))

    page = answer.content.decode()
    assert answer.status_code == 400
    assert "set-epochs-error" in page
    assert 'value="0"' in page
    assert not TrainingRun.objects.exists()


def test_the_estimate_says_what_is_trained_and_how_the_time_is_known(as_member, admin, task, version, student):
    address = reverse("training:estimate", args=[task.slug])

    page = as_member(admin).get(address, form_of(version, **{"set-rank": "4"})).content.decode()
    refused = as_member(admin).get(address, form_of(version, **{"set-epochs": "0"})).content.decode()

    assert re.search(r"Trainable</dt>\s*<dd>\s*[\d,]+ of [\d,]+ parameters \(\d+\.\d\d %\)", page)
    assert "Time is worked out for two CPU cores" in page
    assert "<html" not in page
    assert "The recipe cannot be run: epochs" in refused


def test_the_recipe_table_follows_the_chosen_recipe(as_member, admin, task, version, student):
    page = as_member(admin).get(reverse("training:recipe", args=[task.slug]), {"recipe": "paper-full"}).content.decode()

    assert "Paper, full fine-tuning" in page
    assert "LoRA rank" not in page
    assert "<html" not in page


def test_a_run_page_holds_all_that_its_engine_has_said(as_member, admin, launch):
    run = launch()
    report(run, "metric", step=0, epoch=0.0, val_loss=2.5)
    report(run, "metric", step=1, epoch=0.5, loss=2.25, lr=0.001, grad_norm=1.0, tokens_per_s=400.0)
    report(run, "metric", step=2, epoch=1.0, loss=2.0, lr=0.002)
    report(run, "metric", fence=2, step=2, epoch=1.0, loss=1.5, lr=0.002)
    report(run, "sample", step=2, id="Lund Works 8", text="Subject: <b>Hello</b>")
    report(run, "log", level="info", message="started: 10 rows")

    page = as_member(admin).get(reverse("training:run", args=[run.pk])).content.decode()

    series = {each["name"]: each["points"] for each in data_of(page, "loss-data")["series"]}
    assert series == {"train": [[1, 2.25], [2, 1.5]], "validation": [[0, 2.5]]}
    assert "&lt;b&gt;Hello" in page
    assert re.search(r'<time datetime="[^"]+">\d\d:\d\d:\d\d UTC</time>\s*<span class="">started: 10 rows', page)
    assert 'data-job-seq="7"' in page
    assert "data-no-checkpoints >None yet." in page


def test_a_run_that_ended_names_its_miniature_in_the_part_that_is_loaded_again(as_member, admin, launch, tmp_path):
    run = launch()
    miniature = conclude(run, tmp_path / "run")

    part = as_member(admin).get(reverse("training:run-outcome", args=[run.pk])).content.decode()

    assert reverse("training:miniature", args=[miniature.pk]) in part
    assert "0.610 on validation at step 8" in part
    assert "<html" not in part


def test_comparing_lays_losses_over_one_another_and_shows_where_recipes_differ(as_member, admin, launch, task):
    first, second = launch(), launch(overrides={"learning_rate": 1e-3})
    for run, loss in ((first, 2.0), (second, 1.0)):
        report(run, "metric", step=1, epoch=1.0, loss=loss, val_loss=loss + 0.5)

    page = (
        as_member(admin)
        .get(reverse("training:compare", args=[task.slug]), {"run": [first.pk, second.pk, "nonsense"]})
        .content.decode()
    )

    series = data_of(page, "validation-data")["series"]
    assert [(each["name"], each["points"]) for each in series] == [("Run 1", [[1.0, 2.5]]), ("Run 2", [[1.0, 1.5]])]
    assert "Learning rate" in page
    assert f"{first.recipe['learning_rate']:g}" in page
    assert "0.001" in page


def test_comparing_begins_with_the_metric_that_the_task_is_judged_by(as_member, admin, launch, task):
    first, second = launch(), launch()
    hold(first, 100)
    for run, share in ((first, 0.25), (second, None)):
        name = tuned_name(run)
        scored = (
            {}
            if share is None
            else {name: {"exact": {"mean": share, "low": share, "high": share, "n": 4, "companies": 4}}}
        )
        summary = {"systems": scored, "kinds": {name: "lora"}, "judged_by": "exact"}
        about = {"dataset_version": run.dataset_version, "task_version": run.task_version}
        Evaluation.objects.create(task=task, run=run, summary=summary, **about)

    page = (
        as_member(admin)
        .get(reverse("training:compare", args=[task.slug]), {"run": [first.pk, second.pk]})
        .content.decode()
    )

    row = page[page.index("Headline metric") : page.index("Validation loss, best")]
    assert re.findall(r'<td class="num">(.*?)(?: <span class="muted">(.*?)</span>)?</td>', row) == [
        ("25.0 %", "all values right"),
        ("–", ""),
    ]
    assert page.index("Headline metric") < page.index('data-source="#validation-data"')


@pytest.mark.slow
def test_the_list_asks_the_same_number_of_questions_for_one_run_and_for_ten(
    as_member, admin, launch, task, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client, address = as_member(admin), reverse("training:list", args=[task.slug])
    launch()
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as one:
        client.get(address)
    for _ in range(9):
        launch()

    with django_assert_num_queries(len(one)):
        client.get(address)
    assert len(one) <= 25


@pytest.mark.slow
def test_comparing_lays_a_chosen_figure_over_one_another_beside_costs_and_texts(as_member, admin, launch, task):
    HostPrice.objects.create(host="default", usd_per_hour=36)
    first, second = launch(), launch()
    for run, norm in ((first, 1.5), (second, 2.5)):
        hold(run, 100)
        report(run, "metric", step=1, epoch=1.0, loss=1.0, grad_norm=norm, mfu=0.25)
        report(run, "sample", step=1, id="Lund Works 8", text=f"Subject: norm {norm}")
    address = reverse("training:compare", args=[task.slug])

    page = as_member(admin).get(address, {"run": [first.pk, second.pk], "metric": "grad_norm"}).content.decode()
    nonsense = as_member(admin).get(address, {"run": [first.pk], "metric": "password"})

    assert [each["points"] for each in data_of(page, "overlay-data")["series"]] == [[[1.0, 1.5]], [[1.0, 2.5]]]
    assert re.search(r"\$1\.0\d", page)
    assert "25.0 %" in page
    assert page.index("Subject: norm 1.5") < page.index("Subject: norm 2.5")
    assert nonsense.status_code == 200


def test_a_run_page_tells_how_well_it_uses_its_device_and_what_it_costs(as_member, admin, launch):
    HostPrice.objects.create(host="default", usd_per_hour=36)
    run = launch()
    hold(run, 100)
    told = {"tokens_per_s": 500.0, "mfu": 0.41, "gpu_utilisation": 0.93, "gpu_power_w": 612.0, "energy_kwh": 0.125}
    report(run, "metric", step=1, epoch=1.0, loss=1.0, grad_norm=1.5, peak_memory_gib=3.5, **told)

    page = as_member(admin).get(reverse("training:run", args=[run.pk])).content.decode()

    assert data_of(page, "gradients-data")["series"][0]["points"] == [[1, 1.5]]
    assert [each["points"] for each in data_of(page, "use-data")["series"]] == [[[1, 0.41]], [[1, 0.93]]]
    assert data_of(page, "memory-data")["series"][0]["points"] == [[1, 3.5]]
    assert re.search(r"of a host\s+so far; \$1\.0\d at \$36\.00 an hour; 0\.125 kWh", page)


@pytest.mark.slow
def test_a_device_whose_use_nobody_can_tell_has_no_empty_chart_of_it(as_member, admin, launch):
    run = launch()
    address = reverse("training:run", args=[run.pk])
    before = as_member(admin).get(address).content.decode()
    report(run, "metric", step=1, epoch=1.0, loss=1.0, tokens_per_s=400.0)

    after = as_member(admin).get(address).content.decode()

    assert "use-data" in before
    assert "use-data" not in after
    assert "speed-data" in after


@pytest.mark.slow
def test_a_run_in_fp16_shows_its_loss_scale_and_the_steps_that_were_skipped(as_member, admin, launch):
    run, other = launch(), launch()
    report(run, "metric", step=1, epoch=0.5, loss=1.0, loss_scale=65536.0, skipped_steps=0.0)
    report(run, "metric", step=2, epoch=1.0, loss=0.9, loss_scale=32768.0, skipped_steps=1.0)
    report(other, "metric", step=1, epoch=0.5, loss=1.0)

    page, plain = (
        as_member(admin).get(reverse("training:run", args=[one.pk])).content.decode() for one in (run, other)
    )

    assert data_of(page, "scaling-data")["series"][0]["points"] == [[1, 65536.0], [2, 32768.0]]
    assert re.search(r'data-latest="skipped_steps"[^>]*>1<', page)
    assert "scaling-data" not in plain


def test_the_estimate_sets_half_precision_beside_fp32_and_the_paper(as_member, admin, task, version, student):
    address = reverse("training:estimate", args=[task.slug])

    half, plain = (
        as_member(admin).get(address, form_of(version, **{"set-dtype": dtype})).content.decode()
        for dtype in ("bf16", "fp32")
    )

    assert re.search(r"GiB on a CPU; in fp32 \d\.\d\d", half)
    assert "the paper reports 50 % less memory" in half
    assert "in fp32" not in plain


def test_losses_of_several_objectives_have_no_unit_in_common(as_member, admin, launch, task):
    runs = [launch(), launch()]
    TrainingRun.objects.filter(pk=runs[1].pk).update(recipe={**runs[1].recipe, "objective": "dpo"})

    def unit(*chosen):
        query = {"run": [one.pk for one in chosen]}
        page = as_member(admin).get(reverse("training:compare", args=[task.slug]), query).content.decode()
        return data_of(page, "loss-data")["y"]["label"]

    assert unit(runs[0]) == "training loss, nats per token"
    assert unit(runs[1]) == "training loss, loss per pair"
    assert unit(*runs) == "training loss, each objective its own"
