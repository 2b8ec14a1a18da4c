"""One card in three forms, of what was recorded and measured and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from huggingface_hub import ModelCard
from rest_framework.test import APIClient

from evaluation.evaluations import run_inputs, start_evaluation
from evaluation.models import Evaluation
from generation.models import PriceEntry, Teacher
from members.models import Member
from serving.cards import queries as card_queries
from serving.cards.card import card_of
from serving.cards.markdown import front_matter, markdown
from training.exports import formats
from training.miniatures import queries
from training.models import HostPrice, Miniature, MiniatureExport, Student, TrainingRun

pytestmark = pytest.mark.django_db
ENVIRONMENT = {
    "python": "3.11.7", "platform": "Linux x86_64", "packages": {"torch": "2.13.0"}, "cuda": "12.8", "driver": None,
    "devices": ["H100"], "commit": "a" * 40,
}  # fmt: skip


@pytest.mark.slow
def test_an_unmeasured_miniature_says_so_and_names_nobody(miniature: Miniature, admin: Member) -> None:
    card = card_of(queries.miniature_or_404(admin, miniature.pk))
    text = markdown(card)

    assert card.environment is None
    assert (card.scores, card.break_even, card.costs.capacity) == ((), (), None)
    assert "## Environment\n\n*not recorded*" in text
    assert "## Scores\n\nThe task's test split was never opened.\n\n*not measured*" in text
    assert "- It was not evaluated, so it has no score." in text
    assert "- Forgetting was not measured." in text
    assert "| Capacity measured | *not measured* |" in text
    assert "| Data | *not stated* |" in text
    assert "| Base | Apache-2.0 |" in text
    assert card.lineage["dataset_version"]["content_hash"] in text
    assert card.lineage["reviewers"] == 1
    assert "'url'" not in str(card.as_json())


def test_the_head_of_a_downloaded_card_names_a_hub_s_base_by_its_commit(miniature: Miniature, admin: Member) -> None:
    Student.objects.filter(pk=miniature.student_id).update(hub_id="maker/open", revision="b" * 40)

    head = ModelCard(front_matter(card_of(queries.miniature_or_404(admin, miniature.pk)))).data.to_dict()

    assert (head["base_model"], head["base_model_revision"]) == ("maker/open", "b" * 40)
    assert (head["base_model_relation"], head["library_name"]) == ("adapter", "peft")


def test_the_head_of_a_card_names_no_base_that_a_hub_does_not_have(miniature: Miniature, admin: Member) -> None:
    Student.objects.filter(pk=miniature.student_id).update(hub_id="", revision="", name="Our own student")

    head = ModelCard(front_matter(card_of(queries.miniature_or_404(admin, miniature.pk)))).data.to_dict()

    assert head == {"library_name": "peft", "tags": ["miniatures"]}


@pytest.mark.slow
def test_scores_capacity_and_costs_come_from_its_evaluation_in_all_three_forms(
    miniature: Miniature, admin: Member, viewer: Member, finish: Any, as_member: Callable[[Member], Any],
    api_as: Callable[..., APIClient],
) -> None:  # fmt: skip
    run = miniature.run
    TrainingRun.objects.filter(pk=run.pk).update(summary={**run.summary, "environment": ENVIRONMENT})
    HostPrice.objects.create(host="default", usd_per_hour="2.00")
    evaluation, tuned = start_evaluation.start(run, by=admin), run_inputs.tuned_name(run)
    finish(evaluation, {"tiny (base)": ("base", 0.3), tuned: ("lora", 0.8)})
    summary = evaluation.summary
    seconds = {"mean": 1.8, "low": 0.9, "high": 3.6, "n": 3, "companies": 3}
    summary["systems"][tuned]["seconds"] = seconds
    Evaluation.objects.filter(pk=evaluation.pk).update(summary={**summary, "devices": {tuned: "cuda"}})
    address = f"miniatures/{miniature.pk}/card/"

    body = api_as(viewer).get(f"/api/v1/{address}").json()
    page = as_member(viewer).get(f"/{address}").content.decode()
    text = as_member(viewer).get(reverse("serving:miniature-card-markdown", args=[miniature.pk])).content.decode()

    (scores,) = body["scores"]
    assert (scores["split"], scores["opening"], scores["tuned"]) == ("validation", None, tuned)
    assert scores["systems"][tuned]["metrics"]["passes_all"]["mean"] == 0.8
    assert body["environment"] == ENVIRONMENT
    assert body["costs"]["capacity"]["outputs_per_hour"] == {"mean": 2000.0, "low": 1000.0, "high": 4000.0, "n": 3}
    assert body["costs"]["batch_usd_per_1000"]["mean"] == 1.0
    for form in (page, text):
        assert "2,000 (1,000 to 4,000) outputs an hour on cuda" in form
        assert "80.0 % (70.0 % to 90.0 %), n = 2" in form
        assert "*not recorded*" in form or "<em>not recorded</em>" in form
        assert "The test split was not opened for it" in form


def test_an_evaluation_gives_a_download_with_its_card_another_tag(
    miniature: Miniature, admin: Member, finish: Any, api_as: Callable[..., APIClient]
) -> None:
    client, base = api_as(admin), f"/api/v1/miniatures/{miniature.pk}/"
    for name, count in (("merged", 2), ("gguf-f16", 1)):
        files = [{"path": f"{each}.bin", "sha256": "", "bytes": 1} for each in range(count)]
        job = formats.request_export(miniature, format=name, by=admin).job
        MiniatureExport.objects.filter(job=job).update(files=files, manifest_sha256=name)

    def statuses() -> list[int]:
        return [client.get(f"{base}{name}", HTTP_IF_NONE_MATCH=tag).status_code for name, tag in tags.items()]

    names = ("adapter.zip", "exports/merged/", "exports/gguf-f16/")
    tags = {name: client.get(f"{base}{name}")["ETag"] for name in names}
    before = statuses()
    finish(start_evaluation.start(miniature.run, by=admin), {run_inputs.tuned_name(miniature.run): ("lora", 0.8)})

    assert before == [304, 304, 304]
    assert statuses() == [200, 200, 304]
    assert tags["exports/gguf-f16/"] == '"gguf-f16"'


def test_break_even_takes_the_price_that_counts_today_of_connected_models_that_can_be_bought() -> None:
    for model in ("kept", "retired"):
        Teacher.objects.create(slug=model, name=model, provider="openai", model=model)
    PriceEntry.objects.all().delete()
    today = timezone.localdate()
    for days, usd in ((-30, "5"), (-3, "4"), (20, "1")):
        add_price("kept", usd, today + timedelta(days=days))
    add_price("elsewhere", "1", today - timedelta(days=3))
    add_price("retired", "1", today - timedelta(days=30), shutdown=today - timedelta(days=1))

    found = {price.label: price.input_usd_per_million for price in card_queries.listed_prices()}

    assert found == {"openai:kept": Decimal(4)}


def add_price(model: str, usd: str, from_date: date, *, shutdown: date | None = None) -> None:
    PriceEntry.objects.create(
        provider="openai",
        model=model,
        input_usd_per_million=usd,
        output_usd_per_million=usd,
        as_of=from_date,
        from_date=from_date,
        shutdown_date=shutdown,
    )
