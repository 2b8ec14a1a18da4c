"""A miniature is promoted when it passes its task's gate, or when a lead writes down why it goes on all the same."""

from __future__ import annotations

from functools import partial

import pytest

from audit.models import AuditRow
from evaluation.evaluations.run_inputs import tuned_name
from evaluation.gates.rules import GateRule
from evaluation.gates.set_gate import set_gate
from evaluation.models import Evaluation
from evaluation.states import RuleKind
from serving.models import Promotion
from serving.promotions import promotion
from training.exports import formats
from training.models import Miniature, TrainingRun
from web.errors import Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def gated(task, admin):
    return set_gate(task, rules=[GateRule(RuleKind.AT_LEAST, "passes_all", 0.7)], by=admin)


def measure(miniature, low, high, **more):
    run = miniature.run
    value = {"mean": (low + high) / 2, "low": low, "high": high, "n": 101, "companies": 101}
    summary = {"systems": {tuned_name(run): {"passes_all": value}}, "kinds": {tuned_name(run): "lora"}, **more}
    about = {"dataset_version": run.dataset_version, "task_version": run.task_version}
    return Evaluation.objects.create(task=run.task, run=run, summary=summary, **about)


@pytest.mark.slow
def test_what_passes_is_promoted(miniature, lead, gated):
    measure(miniature, 0.75, 0.9)

    row = promotion.promote(miniature, by=lead, override_reason="not needed")

    assert (row.override_reason, row.overridden) == ("", "")
    assert not AuditRow.objects.filter(act="gate_overridden").exists()


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(
    ("measured", "why"), [((0.4, 0.6), "fails"), ((0.6, 0.8), "is undecided"), (None, "nothing was measured")]
)
def test_what_does_not_pass_or_was_not_measured_is_refused(miniature, lead, gated, measured, why):
    if measured:
        measure(miniature, *measured)

    with pytest.raises(Refusal, match=why) as refusal:
        promotion.promote(miniature, by=lead, override_reason="  ")

    assert (refusal.value.code, refusal.value.status) == ("gate_not_passed", 409)
    assert not Promotion.objects.exists()


@pytest.mark.slow
def test_the_newest_evaluation_that_may_give_a_verdict_counts(miniature, lead, gated):
    measure(miniature, 0.75, 0.9)
    measure(miniature, 0.1, 0.2)
    with pytest.raises(Refusal, match="fails"):
        promotion.promote(miniature, by=lead)
    measure(miniature, 0.75, 0.9)
    measure(miniature, 0.1, 0.2, is_exploratory=True)

    assert promotion.promote(miniature, by=lead)


@pytest.mark.slow
def test_a_lead_overrides_with_a_reason_that_is_shown_and_audited(as_member, lead, viewer, miniature, gated):
    client, address = as_member(lead), f"/miniatures/{miniature.pk}/promote/"
    refused = client.post(address, {"next": f"/miniatures/{miniature.pk}/"})
    too_long = client.post(address, {"override_reason": "x" * 501})

    promoted = client.post(address, {"override_reason": "The customer  waits.", "next": f"/miniatures/{miniature.pk}/"})

    assert (refused.status_code, too_long.status_code, promoted.status_code) == (409, 422, 302)
    assert "nothing was measured yet" in refused.content.decode()
    assert f'value="/miniatures/{miniature.pk}/"' in refused.content.decode()
    row = Promotion.objects.get()
    assert row.override_reason == "The customer waits."
    audited = AuditRow.objects.get(act="gate_overridden")
    assert (audited.actor, audited.subject_id) == (str(lead.pk), str(miniature.pk))
    assert audited.detail == {
        "task": miniature.task.slug,
        "gate": 1,
        "promotion": row.pk,
        "reason": "The customer waits.",
    }
    panel = as_member(viewer).get(f"/miniatures/{miniature.pk}/serving/").content.decode()
    assert "The customer waits." in panel
    assert "nothing was measured yet" in panel


@pytest.mark.slow
def test_over_the_api_the_reasons_are_told_and_may_be_overridden(api_as, lead, miniature, gated):
    client, address = api_as(lead, scopes=("lead",)), f"/api/v1/miniatures/{miniature.pk}/promote/"

    refused = client.post(address)
    promoted = client.post(address, {"override_reason": "A pilot."}, format="json")
    again = client.post(address)

    assert (refused.status_code, promoted.status_code, again.status_code) == (409, 202, 202)
    assert refused.json()["code"] == "gate_not_passed"
    assert "nothing was measured yet" in str(refused.json()["errors"])
    assert Promotion.objects.count() == 1


def score(miniature, own, **others):
    """Store an evaluation by the metric of a task with values."""
    run = miniature.run
    means = {tuned_name(run): own, **{name.replace("_", " "): mean for name, mean in others.items()}}
    systems = {
        name: {
            "exact": {"mean": mean, "low": mean, "high": mean, "n": 12, "companies": 12},
            "passes_all": {"mean": 1.0, "low": 0.8, "high": 1.0, "n": 12, "companies": 12},
        }
        for name, mean in means.items()
    }
    kinds = {tuned_name(run): "lora"} | dict.fromkeys(systems.keys() - {tuned_name(run)}, "baseline")
    about = {"dataset_version": run.dataset_version, "task_version": run.task_version}
    summary = {"systems": systems, "kinds": kinds, "judged_by": "exact", "records": 12}
    return Evaluation.objects.create(task=run.task, run=run, summary=summary, **about)


@pytest.mark.parametrize(
    ("own", "others", "why"),
    [
        (0.25, {"nearest_gold": 0.5}, "All values right: 25.0 %. A copy of the approved text"),
        (0.0, {"nearest_gold": 0.0}, "All values right: 0 % of 12 outputs."),
        (0.0, {}, "All values right: 0 % of 12 outputs."),
        (0.5, {"nearest_gold": 0.5}, None),
        (0.25, {"most_frequent_answer": 0.5}, None),
    ],
)
def test_what_is_no_better_than_the_nearest_gold_needs_a_reason(miniature, lead, own, others, why):
    score(miniature, own, **others)

    if why is None:
        assert promotion.promote(miniature, by=lead, override_reason="not needed").override_reason == ""
        return
    with pytest.raises(Refusal) as refusal:
        promotion.promote(miniature, by=lead, override_reason=" ")
    assert (refusal.value.code, refusal.value.status) == ("below_baseline", 409)
    assert refusal.value.errors["gate"][0].startswith(why)
    assert not Promotion.objects.exists()

    row = promotion.promote(miniature, by=lead, override_reason="A pilot.")

    assert (row.override_reason, row.overridden) == ("A pilot.", refusal.value.errors["gate"][0])
    assert AuditRow.objects.get(act="gate_overridden").detail == {
        "task": miniature.task.slug, "gate": None, "promotion": row.pk, "reason": "A pilot.",
    }  # fmt: skip


def test_a_passed_gate_does_not_hide_that_the_nearest_gold_does_better(miniature, lead, gated):
    score(miniature, 0.25, nearest_gold=0.5)

    with pytest.raises(Refusal) as refusal:
        promotion.promote(miniature, by=lead)

    assert refusal.value.code == "below_baseline"
    assert len(refusal.value.errors["gate"]) == 1


def test_page_and_api_ask_for_the_reason_and_show_one_figure(as_member, api_as, lead, viewer, miniature):
    score(miniature, 0.0, nearest_gold=0.5)
    client, api = as_member(lead), api_as(lead, scopes=("lead",))

    by_page = client.post(f"/miniatures/{miniature.pk}/promote/")
    by_api = api.post(f"/api/v1/miniatures/{miniature.pk}/promote/")
    card = client.get(f"/evaluations/of-run/{miniature.run_id}/card/").content.decode()
    panel = client.get(f"/tasks/{miniature.task.slug}/serving/").content.decode()

    assert (by_page.status_code, by_api.status_code) == (409, 409)
    assert by_api.json()["code"] == "below_baseline"
    assert 'name="override_reason"' in by_page.content.decode()
    for shown in (card, by_page.content.decode()):
        assert "All values right: 0.0 %. A copy of the approved text" in shown
    for listed in (card, panel):
        assert "0.0 %" in listed and "100.0 %" not in listed and "Passes all checks" not in listed
    client.post(f"/miniatures/{miniature.pk}/promote/", {"override_reason": "A pilot."})
    assert "A pilot." in as_member(viewer).get(f"/miniatures/{miniature.pk}/serving/").content.decode()


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(
    ("of", "is_refused"), [("written", True), ("longest", True), ("raw", True), ("accepted", False)]
)
def test_what_was_tuned_on_unfiltered_texts_for_a_study_is_never_put_to_work(miniature, lead, of, is_refused):
    TrainingRun.objects.filter(pk=miniature.run_id).update(sample={"records": 8, "seed": 1, "of": of})
    kept = Miniature.objects.get(pk=miniature.pk)

    refused = []
    for put_to_work in (promotion.promote, partial(formats.request_export, format="gguf-f16")):
        try:
            put_to_work(kept, by=lead)
        except Refusal as refusal:
            refused.append(refusal.code == "tuned_unfiltered")

    assert (refused == [True, True]) is is_refused
    assert Promotion.objects.exists() is not is_refused
