"""Rules of a gate are judged by the end of the interval that speaks against the miniature. Pure."""

from __future__ import annotations

from typing import Any

import pytest

from evaluation.gates import rules as gate_rules
from evaluation.gates.assess import assess
from evaluation.gates.rules import GateRule
from evaluation.states import Against, RuleKind
from web.errors import Refusal

OWN = "run 1 (LoRA)"


def value(mean: float, low: float | None, high: float | None, companies: int | None = 101) -> dict[str, Any]:
    return {"mean": mean, "low": low, "high": high, "n": 101, "companies": companies}


def summary(**metrics: dict[str, Any]) -> dict[str, Any]:
    others = {name: {"passes_all": value(mean, 0.1, 0.9)} for name, mean in (("b", 0.2), ("near", 0.6), ("t", 0.9))}
    return {
        "systems": {OWN: metrics, **others},
        "kinds": {OWN: "lora", "b": "base", "near": "baseline", "t": "teacher"},
        "differences": [],
    }


def outcome(rule: GateRule, measured: dict[str, Any]) -> tuple[str, str]:
    finding = assess([rule], measured, own_system=OWN).rules[0]
    return str(finding.outcome), finding.sentence


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        (value(0.8, 0.7, 0.87), "passes"),
        (value(0.8, 0.69, 0.87), "cannot_tell"),
        (value(0.6, 0.5, 0.699), "fails"),
        (value(1.0, 0.6, 1.0, companies=5), "cannot_tell"),
        (value(0.1, 0.0, 0.2, companies=5), "cannot_tell"),
        (value(0.9, 0.8, 0.95, companies=None), "cannot_tell"),
    ],
)
def test_a_threshold_is_judged_by_the_lower_end(measured: dict[str, Any], expected: str) -> None:
    rule = GateRule(RuleKind.AT_LEAST, "passes_all", 0.7)

    assert outcome(rule, summary(passes_all=measured))[0] == expected


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        (value(0.5, 0.3, 1.0), "passes"),
        (value(0.5, 0.3, 1.1), "cannot_tell"),
        (value(2.0, 1.1, 3.0), "fails"),
        # Nothing varied: it is taken for what it is over many companies, never over a few.
        (value(0.0, None, None), "passes"),
        (value(0.0, None, None, companies=10), "cannot_tell"),
    ],
)
def test_a_bound_from_above_is_judged_by_the_upper_end(measured: dict[str, Any], expected: str) -> None:
    rule = GateRule(RuleKind.AT_MOST, "nonwords_per_200", 1.0)

    assert outcome(rule, summary(nonwords_per_200=measured))[0] == expected


@pytest.mark.parametrize(
    ("against", "other", "gap", "expected"),
    [
        (Against.TEACHER, "t", value(-0.02, -0.05, 0.01), "passes"),
        (Against.TEACHER, "t", value(-0.02, -0.051, 0.01), "cannot_tell"),
        (Against.TEACHER, "t", value(-0.2, -0.3, -0.06), "fails"),
        # The best of the baselines, the bare base among them, is the nearest gold here.
        (Against.BASELINE, "near", value(0.1, 0.0, 0.2), "passes"),
        (Against.BASELINE, "b", value(0.1, 0.0, 0.2), "cannot_tell"),
        (Against.BASE, "b", value(0.1, 0.0, 0.2), "passes"),
    ],
)
def test_a_margin_is_judged_by_the_most_that_may_be_lost(
    against: Against, other: str, gap: dict[str, Any], expected: str
) -> None:
    rule, measured = GateRule(RuleKind.NOT_WORSE, "passes_all", 0.05, against), summary(passes_all=value(0.8, 0.7, 0.9))
    measured["differences"] = [{"of": OWN, "against": other, "metric": "passes_all", "value": gap}]

    assert outcome(rule, measured)[0] == expected


def test_of_what_is_better_with_less_more_is_lost() -> None:
    rule, measured = (
        GateRule(RuleKind.NOT_WORSE, "facts_wrong", 0.1, Against.TEACHER),
        summary(facts_wrong=value(1, 0, 2)),
    )
    measured["systems"]["t"]["facts_wrong"] = value(0.5, 0.2, 0.8)
    gap = {"of": OWN, "against": "t", "metric": "facts_wrong", "value": value(0.5, 0.2, 0.8)}
    measured["differences"] = [gap]

    finding = assess([rule], measured, own_system=OWN).rules[0]

    assert (finding.outcome, finding.found, finding.low, finding.high) == ("fails", 0.5, 0.2, 0.8)


def test_forgetting_is_judged_over_the_passages() -> None:
    rule, measured = GateRule(RuleKind.FORGETTING, "", 0.1), summary()
    measured["general_nll_per_byte"] = {OWN: 1.02, "b": 1.0}

    without = outcome(rule, measured)
    passages = [1.0, 1.1, 0.9, 1.0, 1.05, 0.95, 1.0, 1.0]
    measured["general_passages"] = {
        "b": passages,
        OWN: [1.02 * each + 0.01 * (-1) ** i for i, each in enumerate(passages)],
    }

    assert (without[0], outcome(rule, measured)[0]) == ("cannot_tell", "passes")
    assert outcome(GateRule(RuleKind.FORGETTING, "", 0.001), measured)[0] == "fails"


def test_a_gate_fails_by_one_rule_and_passes_by_all() -> None:
    good, bad, unknown = (GateRule(RuleKind.AT_LEAST, "passes_all", bound) for bound in (0.5, 0.95, 0.8))
    measured = summary(passes_all=value(0.8, 0.7, 0.9))

    assert assess([good], measured, own_system=OWN).passes is True
    assert assess([good, unknown], measured, own_system=OWN).passes is None
    assert assess([good, unknown, bad], measured, own_system=OWN).passes is False
    assert assess([], measured, own_system=OWN).passes is None
    assert assess([good], {}, own_system=OWN).passes is None
    assert assess([good], {**measured, "is_exploratory": True}, own_system=OWN).passes is None
    assert assess([good], measured, own_system="another").passes is None
    assert assess([bad], measured, own_system=OWN).reasons == [
        "Passes all checks: at least 95.0 % fails: 80.0 % (70.0 % to 90.0 %)."
    ]


@pytest.mark.parametrize(
    "rule",
    [
        GateRule(RuleKind.AT_LEAST, "no_such_metric", 0.5),
        GateRule(RuleKind.AT_LEAST, "passes_all", 70),
        GateRule(RuleKind.AT_LEAST, "passes_all", float("nan")),
        GateRule(RuleKind.AT_MOST, "facts_wrong", -1),
        GateRule(RuleKind.NOT_WORSE, "passes_all", 0.05),
        GateRule(RuleKind.NOT_WORSE, "words", 5, Against.TEACHER),
        GateRule(RuleKind.AT_LEAST, "passes_all", 0.5, Against.TEACHER),
        GateRule(RuleKind.FORGETTING, "passes_all", 0.1),
        GateRule(RuleKind.AT_LEAST, "unsupported_sentences", 0.3),
        GateRule(RuleKind.AT_LEAST, "ranks_off_urgency", 1.0),
        GateRule(RuleKind.AT_MOST, "macro_f1_urgency", 0.9),
    ],
)
def test_what_could_not_be_judged_is_refused(rule: GateRule) -> None:
    with pytest.raises(Refusal, match="Rule 1"):
        gate_rules.check([rule])


def test_two_rules_that_ask_the_same_are_refused() -> None:
    with pytest.raises(Refusal, match="stricter"):
        gate_rules.check([GateRule(RuleKind.AT_LEAST, "passes_all", bound) for bound in (0.5, 0.6)])


def test_every_proposal_could_be_set() -> None:
    gate_rules.check(gate_rules.proposed({}, judged_by="passes_all"))
    gate_rules.check(gate_rules.proposed(summary(exact=value(0.5, 0.4, 0.6)), judged_by="exact"))


def test_thresholds_of_both_directions_and_of_a_length_can_be_set() -> None:
    gate_rules.check(
        [
            GateRule(RuleKind.AT_MOST, "error_amount", 2.0),
            GateRule(RuleKind.AT_LEAST, "right_urgency", 0.8),
            GateRule(RuleKind.AT_LEAST, "words", 40),
            GateRule(RuleKind.AT_MOST, "words", 120),
        ]
    )


@pytest.mark.parametrize(("metric", "kind"), [("macro_f1_label", RuleKind.AT_LEAST), ("rmse_score", RuleKind.AT_MOST)])
def test_a_figure_of_the_whole_split_takes_a_threshold_and_no_margin(metric: str, kind: RuleKind) -> None:
    gate_rules.check([GateRule(kind, metric, 0.7)])

    with pytest.raises(Refusal, match="a figure of the whole split"):
        gate_rules.check([GateRule(RuleKind.NOT_WORSE, metric, 0.05, "teacher")])
