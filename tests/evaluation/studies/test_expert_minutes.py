"""Arms at equal expert minutes: each spends the same, goes on from the right run,
and what cannot be bought is refused by name.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from evaluation.models import Measurement, Study
from evaluation.studies import launch_study
from evaluation.studies.design import StudyRequest
from members.models import Member
from review.datasets import freezing
from review.models import DatasetVersion, Draft, Record, Task
from review.states import Split
from tests.evaluation.studies.conftest import end, finish_all, look
from tests.review import factories
from tests.review.datasets import golds
from training.inputs import expert_minutes as budgets
from training.inputs import run_inputs
from training.models import Student, TrainingRun
from web.errors import Refusal

TRAIN, VALIDATION = 36, 3
VERDICTS = ("accept", "edit", "reject")


@pytest.fixture
def judged(task: Task, admin: Member) -> Callable[..., DatasetVersion]:
    """A version of 36 training drafts, 12 of each verdict, a minute each;
    the last 12 by a miniature where asked for.
    """

    def _judged(
        *, seconds: float = 60.0, by_miniature: int = 0, verdicts: tuple[str, ...] = VERDICTS
    ) -> DatasetVersion:
        records = factories.make_records(factories.make_source(task), TRAIN + VALIDATION)
        for place, record in enumerate(records):
            record.split = Split.TRAIN if place < TRAIN else Split.VALIDATION
        Record.objects.bulk_update(records, ["split"])
        golds.make_drafts(task, records)
        own = [record.pk for record in records[TRAIN - by_miniature : TRAIN]]
        Draft.objects.filter(record__in=own).update(round=2, origin="miniature")
        each = [verdicts[place % len(verdicts)] for place in range(TRAIN + VALIDATION)]
        golds.decide_each(admin, task, each, seconds=seconds)
        chosen = {"verdicts": ["accept", "edit", "reject"]}
        return golds.sealed(
            freezing.freeze(freezing.create(task, name="All verdicts", by=admin, filters=chosen), by=admin)
        )

    return _judged


@pytest.fixture
def ask(student: Student, admin: Member) -> Callable[..., Study]:
    def _ask(version: DatasetVersion, **asked: Any) -> Study:
        wishes = StudyRequest(**{"kind": "minutes", "minutes": 30, "epochs": 1, **asked})
        return launch_study.launch(wishes, version=version, student=student, by=admin)

    return _ask


def rows_of(study: Study, arm: str, folder: Path, seed: int = 1) -> list[dict[str, Any]]:
    """What a cell of an arm is tuned on."""
    plan = study.cells.get(arm=arm, seed=seed).measurement.plan
    run = TrainingRun(
        task=study.task, dataset_version=study.dataset_version, student=study.student, sample=plan["sample"]
    )
    folder.mkdir(exist_ok=True)
    run_inputs._lay_sample(run, folder / "train.jsonl")
    return [json.loads(line) for line in (folder / "train.jsonl").read_text().splitlines()]


@pytest.mark.slow
@pytest.mark.django_db
def test_every_arm_is_tuned_on_what_the_same_minutes_buy(
    judged: Callable[..., DatasetVersion], ask: Callable[..., Study], tmp_path: Path
) -> None:
    version = judged()

    study = ask(version)

    paid = budgets.bought_of(version, minutes=30, seed=1)
    assert len(paid) == 30
    decisions = {draft.decision for draft in paid}
    sft, dpo, kto = (rows_of(study, arm, tmp_path / arm[-3:]) for arm in ("SFT", "SFT, then DPO", "SFT, then KTO"))
    for rows in (sft, dpo, kto):
        assert {json.loads(row["meta"])["decision"] for row in rows} <= decisions
    edits = sum(json.loads(row["meta"])["verdict"] == "edit" for row in sft)
    rejected = sum(not row["label"] for row in kto) - edits
    assert (len(dpo), len(sft) + rejected) == (edits, 30)
    assert all({"chosen", "rejected"} <= set(row) for row in dpo)
    assert all("label" not in row for row in sft)


@pytest.mark.slow
@pytest.mark.django_db
def test_the_registration_says_budget_rule_level_companies_and_power(
    judged: Callable[..., DatasetVersion], ask: Callable[..., Study]
) -> None:
    study = ask(judged())

    record = study.record
    assert (record["grid"]["sizes"], record["grid"]["unit"], record["grid"]["seeds"]) == (
        [30],
        "expert minutes",
        [1, 2, 3],
    )
    rule = record["decision_rule"]
    assert rule["comparisons"] == [["SFT, then DPO", "SFT"], ["SFT, then KTO", "SFT"]]
    assert rule["level"] == pytest.approx(0.975)
    assert set(rule["companies"]) == set(record["scored_on"]["records"])
    assert "is shown to make more of the minutes in" in record["outlook"]["sentence"]
    assert all(cell["minutes"] == 30 for cell in record["cells"])


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_preferences_go_on_from_the_sft_run_of_their_seed_and_the_study_comes_to_a_verdict(
    judged: Callable[..., DatasetVersion], ask: Callable[..., Study], admin: Member, client: Client, tmp_path: Path
) -> None:
    study = ask(judged())
    look(study)
    begun = study.cells.filter(begun_at__isnull=False).values_list("arm", "seed")
    assert sorted(begun) == [("SFT", 1), ("SFT", 2)]

    finish_all(study, tmp_path, better={"SFT, then DPO": 0.1, "SFT, then KTO": -0.1})

    for cell in study.cells.exclude(arm="SFT").select_related("measurement__run__starts_from__run__measurement"):
        run = cell.measurement.run
        before = study.cells.get(arm="SFT", seed=cell.seed).measurement
        assert run is not None and run.starts_from is not None
        assert run.starts_from.run == before.run
        assert run.objective == {"SFT, then DPO": "dpo", "SFT, then KTO": "kto"}[cell.arm]
    body = Study.objects.get(pk=study.pk).verdict.body
    assert body["sentence"].startswith(
        "SFT, then DPO makes more of the same 30 expert minutes than SFT alone: the loss is "
    )
    assert [finding.partition(":")[0] for finding in body["findings"]] == [
        "SFT, then DPO against SFT",
        "SFT, then KTO against SFT",
    ]
    client.force_login(admin)
    page = client.get(reverse("evaluation:study", args=[study.pk])).content.decode()
    assert "30 expert minutes × seeds 1, 2, 3" in page
    assert (
        client.get(reverse("evaluation:study-paper", args=[study.task.slug])).content.decode().count("30 expert") == 1
    )


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_cell_whose_sft_run_fails_is_said_to_have_nothing_to_go_on_from(
    judged: Callable[..., DatasetVersion], ask: Callable[..., Study], tmp_path: Path
) -> None:
    study = ask(judged(), beside_sft=("kto",))
    look(study)
    first = study.cells.get(arm="SFT", seed=1)
    assert first.measurement.run is not None
    end(first.measurement.run.job, "failed", error={"message": "No memory."})

    finish_all(study, tmp_path)

    failed = {(cell.arm, cell.seed): cell.problem for cell in study.cells.exclude(problem="")}
    assert set(failed) == {("SFT", 1), ("SFT, then KTO", 1)}
    assert "left no miniature here" in failed["SFT, then KTO", 1]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_cell_whose_sft_run_cannot_begin_does_not_wait_for_ever(
    judged: Callable[..., DatasetVersion], ask: Callable[..., Study], tmp_path: Path
) -> None:
    study = ask(judged(), beside_sft=("kto",))
    first = study.cells.get(arm="SFT", seed=1).measurement
    Measurement.objects.filter(pk=first.pk).update(plan={**first.plan, "sample": {**first.plan["sample"], "rows": 1}})

    finish_all(study, tmp_path)

    assert {(cell.arm, cell.seed) for cell in study.cells.exclude(problem="")} == {("SFT", 1), ("SFT, then KTO", 1)}


@pytest.mark.slow
@pytest.mark.django_db
def test_cells_of_an_earlier_study_at_the_same_minutes_are_the_same(
    judged: Callable[..., DatasetVersion], ask: Callable[..., Study]
) -> None:
    version = judged()
    one, other = ask(version, beside_sft=("dpo",)), ask(version, beside_sft=("kto",))

    shared = set(one.cells.values_list("measurement", flat=True)) & set(
        other.cells.values_list("measurement", flat=True)
    )

    assert len(shared) == 3


@pytest.mark.slow
@pytest.mark.django_db
def test_on_policy_spends_half_of_the_minutes_on_a_miniatures_own_drafts(
    judged: Callable[..., DatasetVersion], ask: Callable[..., Study], tmp_path: Path
) -> None:
    version = judged(by_miniature=12)

    study = ask(version, minutes=24, beside_sft=("on_policy",))

    rows = rows_of(study, "SFT, on-policy", tmp_path / "own")
    rounds = [json.loads(row["meta"])["round"] for row in rows]
    paid = budgets.bought_of(version, minutes=24, seed=1, with_miniature=True)
    assert [sum(draft.by_miniature is own for draft in paid) for own in (False, True)] == [12, 12]
    assert set(rounds) == {1, 2}
    assert {json.loads(row["meta"])["round"] for row in rows_of(study, "SFT", tmp_path / "sft")} == {1}


@pytest.mark.slow(after_first=True)
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("own", "asked", "field", "words"),
    [
        (0, {"beside_sft": ("on_policy",)}, "beside_sft",
            "SFT, on-policy: this version holds no timed verdict on a draft that a mini"),
        (6, {"beside_sft": ("on_policy",), "minutes": 20}, "beside_sft",
            "name 12 minutes at most, or leave this arm out"),
        (0, {"minutes": 40}, "minutes", "took 36 timed minutes in all"),
        (0, {"minutes": 15}, "minutes", "SFT, then DPO: 15 expert minutes buy 15 judged drafts with seed 1"),
        (0, {"seeds": (1, 2)}, "seeds", "at least 3 different seeds"),
        (0, {"sizes": (10,)}, "sizes", "name minutes instead"),
        (0, {"beside_sft": ("ppo",)}, "beside_sft", "There is no arm 'ppo'"),
        (0, {"recipes": {"dpo": "kto"}}, "recipes", "SFT, then DPO: 'kto' reads kto rows"),
        (0, {"recipes": {"lora": "demo-full"}}, "recipes", "uses another method than its SFT run"),
    ],
)  # fmt: skip
def test_what_the_minutes_cannot_buy_is_refused_by_name(
    judged: Callable[..., DatasetVersion],
    ask: Callable[..., Study],
    own: int,
    asked: dict[str, Any],
    field: str,
    words: str,
) -> None:
    version = judged(by_miniature=own)

    with pytest.raises(Refusal, match=words) as refused:
        ask(version, **asked)

    assert field in refused.value.errors
    assert not Study.objects.exists()


@pytest.mark.slow
@pytest.mark.django_db
def test_a_version_without_rejections_is_refused(
    judged: Callable[..., DatasetVersion], ask: Callable[..., Study]
) -> None:
    with pytest.raises(Refusal, match="the minutes that rejections took would be missing"):
        ask(judged(verdicts=("accept", "edit")))


@pytest.mark.slow
@pytest.mark.django_db
def test_a_card_left_open_counts_five_minutes_and_an_untimed_one_is_not_bought(
    judged: Callable[..., DatasetVersion],
) -> None:
    version = judged(seconds=4000.0)

    drafts = budgets.timed_drafts(version)

    assert {draft.seconds for draft in drafts} == {300.0}
    assert len(budgets.bought(drafts, seconds=899.0, seed=1)) == 2
    one, two = (budgets.bought(drafts, seconds=1500.0, seed=seed) for seed in (1, 2))
    assert one[:2] == budgets.bought(drafts, seconds=600.0, seed=1)
    assert one != two


@pytest.mark.slow
@pytest.mark.django_db
def test_drafts_whose_time_nobody_kept_cannot_be_paid_for(judged: Callable[..., DatasetVersion]) -> None:
    assert budgets.timed_drafts(judged(seconds=0.0)) == []
