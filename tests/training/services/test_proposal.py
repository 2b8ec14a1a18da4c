"""The student that is proposed for a task, and the reason: text, labels, what is here, what fits."""

from __future__ import annotations

import pytest
from django.urls import reverse

from jobs.rundir.machine import GIB
from tests.review import factories
from tests.training.classifiers import SEVERAL, freeze_labels, triage_spec
from training.runs import host_memory, launch_run, proposal
from training.runs.run_request import RunRequest
from training.students import registration

pytestmark = pytest.mark.django_db
FACTS = {"revision": "c0ffee" + "0" * 34, "bytes": 9, "model_type": "llama", "parameters": 9, "context_length": 512}


@pytest.fixture
def toy():
    return registration.register_shipped("demo")


def test_text_is_written_by_a_small_student_of_a_hub_and_never_by_the_shipped_one(version, toy):
    proposed = proposal.propose(version.dataset.task, version)

    assert proposed.student is None
    assert proposed.download and proposed.download.known.hub_id in (
        "HuggingFaceTB/SmolLM2-135M-Instruct",
        "HuggingFaceTB/SmolLM2-360M-Instruct",
        "Qwen/Qwen3-0.6B",
    )
    assert proposed.download.known.name in proposed.reason
    assert "within an hour on your 10 rows" in proposed.reason
    assert [each.known.parameters for each in proposed.choices] == sorted(
        each.known.parameters for each in proposed.choices
    )


def test_each_choice_tells_what_it_takes_here(version):
    first, *_, last = proposal.propose(version.dataset.task, version).choices

    assert (first.known.name, last.known.name) == ("SmolLM2-135M-Instruct", "Qwen3-0.6B")
    assert first.memory_gib and last.memory_gib and 0.5 < first.memory_gib < last.memory_gib < 40
    assert first.seconds and last.seconds and first.seconds < last.seconds
    assert first.known.licence == "Apache-2.0"


def test_a_licence_that_must_be_accepted_first_is_never_proposed_without_a_token(version, monkeypatch):
    monkeypatch.delenv("HF_TOKEN", raising=False)

    choices = proposal.propose(version.dataset.task, version).choices

    assert [each.known.name for each in choices if each.is_locked] == ["gemma-3-270m-it"]


def test_what_no_host_can_hold_is_not_proposed(version, monkeypatch):
    monkeypatch.setattr(host_memory, "largest_memories", lambda device: {"cpu": 3 * GIB})

    proposed = proposal.propose(version.dataset.task, version)

    assert proposed.choices[-1].is_too_large
    assert proposed.download and not proposed.download.is_too_large


def test_a_writer_that_is_here_is_proposed_instead_of_a_download(version, admin, toy):
    kept = registration.keep_downloaded(hub_id="Qwen/Qwen3-0.6B", facts=FACTS, by=admin)

    proposed = proposal.propose(version.dataset.task, version)

    assert (proposed.student, proposed.recipe, proposed.download) == (kept, "paper-lora", None)


def test_the_student_of_the_last_run_is_proposed_again(version, admin, toy):
    launch_run.launch(RunRequest(dataset_version=version, student=toy), recipe="demo", by=admin)

    proposed = proposal.propose(version.dataset.task, version)

    assert (proposed.student, proposed.recipe) == (toy, "demo")


def test_labels_are_told_by_the_shipped_encoder(admin, toy):
    shipped = registration.register_shipped("demo-encoder")
    task = factories.make_task(by=admin, spec=triage_spec(*SEVERAL[:2]), slug="tickets")

    proposed = proposal.propose(task, freeze_labels(task, admin))

    assert (proposed.student, proposed.recipe, proposed.choices) == (shipped, "demo-encoder", ())
    assert "encoder" in proposed.reason


@pytest.mark.parametrize(("gib", "best"), [(80, "Qwen3-8B"), (16, "Llama-3.2-3B-Instruct"), (0, "")])
def test_a_gpu_is_told_the_best_writer_of_a_published_comparison_that_it_tunes(version, monkeypatch, gib, best):
    monkeypatch.setattr(host_memory, "largest_memories", lambda device: {"cuda": gib * GIB, "cpu": 64 * GIB})

    reason = proposal.propose(version.dataset.task, version).reason

    assert f"{best} is the best that a GPU here tunes" in reason if best else "a GPU here" not in reason


@pytest.mark.parametrize(("language", "best"), [("en", "ModernBERT-base"), ("de-AT", "mmBERT-base")])
def test_an_encoder_is_proposed_by_the_language_of_the_task(admin, language, best):
    spec = triage_spec(*SEVERAL[:2]).model_copy(update={"language": language})

    assert best in proposal.propose(factories.make_task(by=admin, spec=spec), None).reason
    for hub_id in ("answerdotai/ModernBERT-base", "jhu-clsp/mmBERT-base"):
        facts = {**FACTS, "model_type": "modernbert"}
        registration.keep_downloaded(hub_id=hub_id, facts=facts, by=admin)

    proposed = proposal.propose(factories.make_task(by=admin, spec=spec, slug="again"), None).student

    assert proposed and proposed.name == best


def test_the_launch_page_offers_the_download_before_any_student_is_chosen(client, admin, version, toy):
    client.force_login(admin)

    page = client.get(reverse("training:list", args=[version.dataset.task.slug])).content.decode()

    assert "Download SmolLM2" in page or "Download Qwen3" in page
    assert "Without a network" in page and "HF_ENDPOINT" in page
    assert "Choose a student" in page and 'value="demo" selected' not in page


def test_the_api_proposes_the_same(client, admin, version, viewer):
    client.force_login(viewer)
    slug = version.dataset.task.slug

    told = client.get(f"/api/v1/tasks/{slug}/student-proposal/").json()

    assert told["student"] is None and told["download"] in [each["hub_id"] for each in told["choices"]]
    assert client.get("/api/v1/tasks/nowhere/student-proposal/").status_code == 404
