"""Textbook cases with the published values of the statistics here."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stats.agreement import cohen, fleiss, krippendorff, tallies
from stats.agreement.estimates import point
from stats.agreement.tallies import RatingTally

pytestmark = pytest.mark.outside_data

BY_TALLY: dict[str, Callable[[RatingTally], float | None]] = {
    "krippendorff_alpha_nominal": lambda tally: point(tally, krippendorff.alpha("nominal")),
    "krippendorff_alpha_ordinal": lambda tally: point(tally, krippendorff.alpha("ordinal")),
    "krippendorff_alpha_interval": lambda tally: point(tally, krippendorff.interval_alpha()),
    "fleiss_kappa": lambda tally: point(tally, fleiss.fleiss()),
    "fleiss_kappa_gwet_missing": lambda tally: point(tally, fleiss.fleiss()),
    "percent_agreement": lambda tally: point(tally, fleiss.percent()),
}
BY_TABLE: dict[str, Callable[[Any], float | list[float]]] = {
    "cohen_kappa": lambda table: cohen.cohen(table).value,
    "cohen_kappa_se": lambda table: (cohen.cohen(table).value - cohen.cohen(table).low) / 1.96,
    "ase": lambda table: (cohen.cohen(table).value - cohen.cohen(table).low) / 1.96,
    "ci95": lambda table: [cohen.cohen(table).low, cohen.cohen(table).high],
    "cohen_kappa_r2_r3": lambda table: cohen.cohen(table).value,
}

# Statistics that the product does not have.
OTHERS = {
    "gwet_ac1", "brennan_prediger", "free_marginal_kappa", "scott_pi", "conger_kappa", "cohen_kappa_linear",
    "cohen_kappa_linear_r2_r3", "cohen_kappa_quadratic_r2_r3", "ase_h0", "ci95_linear", "z", "p_two_sided",
    "krippendorff_alpha_ratio",
}  # fmt: skip


def by_rater(case: dict[str, Any]) -> list[list[Any]]:
    """Ratings with a row a rater, whichever way the case has them."""
    data = case["data"]
    return [list(row) for row in zip(*data, strict=True)] if "rows=subjects" in case["kind"] else data


def tally_of(case: dict[str, Any]) -> RatingTally:
    if case["kind"].startswith("counts"):
        table = np.array(case["data"], float)
        return RatingTally(table, np.ones(len(table)), np.arange(table.shape[1], dtype=float))
    if "contingency" in case["kind"]:
        return cohen.as_tally(np.array(case["data"], float))
    raters = by_rater(case)
    categories = sorted({value for row in raters for value in row if value is not None})
    return tallies.of_ratings(
        ([value for value in unit if value is not None] for unit in zip(*raters, strict=True)), categories
    )


def table_of(case: dict[str, Any]) -> Any:
    if "contingency" in case["kind"]:
        return np.array(case["data"], float)
    _, second, third = by_rater(case)
    # Nobody gave a 5, and the reference counts distances among the grades that were given.
    grades = sorted({*second, *third})
    table = np.zeros((len(grades), len(grades)))
    for one, other in zip(second, third, strict=True):
        table[grades.index(one), grades.index(other)] += 1
    return table


def figure(case: dict[str, Any], name: str) -> Any:
    return BY_TALLY[name](tally_of(case)) if name in BY_TALLY else BY_TABLE[name](table_of(case))


def test_every_published_value_of_a_statistic_here_is_met_in_all_eleven_cases(outside_data: Path) -> None:
    cases = json.loads((outside_data / "agreement" / "agreement_vectors.json").read_text())["vectors"]

    found = {
        f"{case['id']} {name}": (figure(case, name), wanted)
        for case in cases
        for name, wanted in {**case["expected"], **case.get("computed_here", {})}.items()
        if name not in OTHERS
    }

    assert len(cases) == 11
    assert len(found) == 23
    for what, (value, wanted) in found.items():
        assert value == pytest.approx(wanted, abs=5e-4), what
