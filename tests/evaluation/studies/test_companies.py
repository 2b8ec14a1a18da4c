"""Records of one company resemble each other, so every kind of study takes them together, as its registration says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from evaluation.models import Study
from evaluation.states import StudyKind
from evaluation.studies.kinds import KINDS, samples, transfer
from evaluation.studies.results import CellResult
from review.models import DatasetVersion, Record
from tests.evaluation.studies.simulated import concluded

RECORDS = [f"r{place}" for place in range(40)]
COMPANIES = {record: place // 5 for place, record in enumerate(RECORDS)}
Ends = tuple[float, float]


def cells(arms: dict[str, float], *, records: int = 100, seeds: tuple[int, ...] = (1, 2, 3)) -> list[CellResult]:
    """Cells whose losses differ from the last arm's by company."""
    found = []
    for place, (arm, loss) in enumerate(arms.items()):
        of_company = np.random.default_rng(place).normal(0, 0.05, 8).repeat(5)
        for seed in seeds:
            scores = loss + of_company - of_company.mean() + 0.0001 * seed
            found.append(CellResult(arm, records, seed, dict(zip(RECORDS, map(float, scores), strict=True)), {}))
    return found


def of_samples(more: dict[str, Any]) -> Ends:
    both = [*cells({"LoRA": 1.0}, records=50), *cells({"Other": 0, "LoRA": 1.0}, records=100)[3:]]
    body = samples.conclude_samples(both, {**_rule("samples"), **more}, sizes=(50, 100))
    return body["points"][0]["lost_low"], body["points"][0]["lost_high"]


def of_methods(more: dict[str, Any]) -> Ends:
    body = concluded("methods", cells({"LoRA": 1.0, "Full": 1.0}), {**_rule("methods"), **more})
    return body["difference"]["low"], body["difference"]["high"]


def of_methods_over_records(more: dict[str, Any]) -> Ends:
    body = concluded("methods", cells({"LoRA": 1.0, "Full": 1.0}), {**_rule("methods"), **more})
    return body["difference"]["records_low"], body["difference"]["records_high"]


def of_precision(more: dict[str, Any]) -> Ends:
    body = concluded("precision", cells({"bf16": 1.0, "fp32": 1.0}), {**_rule("precision"), **more})
    return body["comparisons"][0]["low"], body["comparisons"][0]["high"]


def of_transfer(more: dict[str, Any]) -> Ends:
    both = [*cells({"mail": 1.0}), *cells({"mail": 0, "as it came": 1.0}, records=0, seeds=(1,))[1:]]
    columns = [{"task": "research", "records": RECORDS}]
    (column,) = transfer.conclude_transfer(both, {**_rule("transfer"), **more}, columns=columns)["matrix"]
    return column["entries"][0]["low"], column["entries"][0]["high"]


def _rule(kind: str) -> dict[str, Any]:
    return {**KINDS[StudyKind(kind)].rule, "metric": "nll_per_byte"}


@pytest.mark.parametrize("ends", [of_samples, of_methods, of_methods_over_records, of_precision, of_transfer])
def test_an_interval_is_wider_where_the_records_of_a_company_go_the_same_way(
    ends: Callable[[dict[str, Any]], Ends],
) -> None:
    alone, together = ends({}), ends({"companies": COMPANIES})

    assert together[1] - together[0] > 1.5 * (alone[1] - alone[0])


@pytest.mark.django_db
@pytest.mark.usefixtures("shared_version")
def test_a_registration_names_the_company_of_each_scored_record(
    register: Callable[..., Study], transfer: Callable[..., Study], other: DatasetVersion
) -> None:
    Record.objects.filter(pk__in=register().record["scored_on"]["records"][:2]).update(group="acme")

    of_one, of_two = register().record, transfer(other).record

    for record in (of_one, of_two):
        companies = record["decision_rule"]["companies"]
        assert set(companies) == set(record["scored_on"]["records"])
        assert len(set(companies.values())) == len(companies) - 1
