"""Forms of a gate."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from django import forms
from django.http import QueryDict

from evaluation.evaluations import tables
from evaluation.evaluations.metric_display import METRICS
from evaluation.gates import rules as gate_rules
from evaluation.gates.rules import GateRule
from evaluation.states import Against, RuleKind, SuiteKind
from evaluation.suites.choose import SuiteRequest
from review.spec import numbers
from web.errors import Refusal

# Of kinds that a row of one's own can have; forgetting has no metric to choose.
OWN_KINDS: Final = [(kind.value, kind.label) for kind in RuleKind if kind != RuleKind.FORGETTING]
OWN_AGAINST: Final = Against.choices
# What can be measured of any task: the rest is offered once an evaluation measured it.
_OF_EVERY_TASK: Final = frozenset({"exact", "passes_all", "has_shape", "seconds", "cost_usd"})


@dataclass(frozen=True)
class RuleRow:
    """A rule as the form shows it: whether it is asked, and its bound in per cent or points where it is of shares."""

    rule: GateRule
    is_on: bool
    typed: str | None = None

    @property
    def bound(self) -> str:
        """The bound as it was typed, else as it is kept: without an exponent, and never rounded to another one."""
        if self.typed is not None:
            return self.typed
        return f"{self.rule.bound * self.rule.scale:.9f}".rstrip("0").rstrip(".")

    @property
    def unit(self) -> str:
        if self.rule.percent:
            return "points" if self.rule.kind == RuleKind.NOT_WORSE else "%"
        return {"usd": "US dollars", "seconds": "seconds"}.get(self.rule.display.unit, "")

    @property
    def question(self) -> str:
        label = f"{self.rule.display.label}{self.rule.where}"
        if self.rule.kind == RuleKind.NOT_WORSE:
            return f"{label}: not worse than {Against(self.rule.against).label.lower()} by more than"
        return f"{label}: {'at least' if self.rule.kind == RuleKind.AT_LEAST else 'at most'}"


def rows(current_rules: Sequence[GateRule], proposed: Sequence[GateRule]) -> list[RuleRow]:
    """The gate's rules, then proposals; proposals are ticked where the task has no gate yet."""
    keys = {rule.key for rule in current_rules}
    return [
        *(RuleRow(rule, True) for rule in current_rules),
        *(RuleRow(rule, not current_rules) for rule in proposed if rule.key not in keys),
    ]


def as_posted(posted: QueryDict, page_rows: Sequence[RuleRow]) -> list[RuleRow]:
    """Rows as a form that was refused left them: those of the page, then ticked ones that it shows no longer."""
    kept, keys = set(posted.getlist("keep")), {row.rule.key for row in page_rows}
    gone = [rule for key in posted.getlist("keep") if key not in keys and (rule := of_key(key)) is not None]
    rules = [*(row.rule for row in page_rows), *gone]
    return [RuleRow(rule, rule.key in kept, posted.get(f"bound-{rule.key}")) for rule in rules]


def of_key(key: str) -> GateRule | None:
    """The rule of a key, without its bound; None where it is none."""
    rule_key, _, suite = key.partition("@")
    kind, _, rest = rule_key.partition(":")
    # Names of own checks hold colons.
    metric, _, against = rest.rpartition(":")
    is_metric = not metric if kind == RuleKind.FORGETTING else gate_rules.is_metric(metric)
    if kind not in RuleKind.values or not is_metric or (against and against not in Against.values):
        return None
    return GateRule(RuleKind(kind), metric, 0.0, against, suite=suite)


def metrics(summary: Mapping[str, Any], *, chosen: str = "") -> list[tuple[str, str]]:
    """Metrics to choose from: what the newest evaluation measured, with what they are called.

    Before the first evaluation, metrics of every task.

    Args:
        summary: Of the newest evaluation; empty where there is none.
        chosen: What a refused form chose, which stays among them.
    """
    measured = {name for scored in summary.get("systems", {}).values() for name in scored}
    offered = METRICS if not measured else [row["metric"] for row in tables.rows(dict(summary))]
    listed = {metric.name: metric.label for metric in offered if metric.name in (measured or _OF_EVERY_TASK)}
    if gate_rules.is_metric(chosen):
        listed.setdefault(chosen, gate_rules.display_of(chosen).label)
    return list(listed.items())


def asked_rules(posted: QueryDict, page_rules: Sequence[GateRule]) -> list[GateRule]:
    """Rules that were ticked, with the bounds that were typed, and one of one's own where a metric was chosen.

    Args:
        page_rules: Rules that the page shows now; proposals may have changed since it was loaded.

    Raises:
        Refusal: A bound is no number, a ticked rule is none, or a bound of one's own has no metric.
    """
    by_key = {rule.key: rule for rule in page_rules}
    kept = dict.fromkeys(posted.getlist("keep"))
    ticked = [rule for rule in page_rules if rule.key in kept] + [_ticked(key) for key in kept if key not in by_key]
    rules = [_with_bound(rule, posted.get(f"bound-{rule.key}", "")) for rule in ticked]
    metric = posted.get("metric", "")
    if metric:
        rules.append(_own(metric, posted))
    elif posted.get("own-bound", "").strip():
        raise Refusal("bad_gate", "Another rule has a bound and no metric.", hint="Choose its metric.")
    return rules


def _ticked(key: str) -> GateRule:
    rule = of_key(key)
    if rule is None:
        raise Refusal("bad_gate", f"There is no rule '{key[:60]}'.", hint="Reload the page.")
    return rule


def _own(metric: str, posted: QueryDict) -> GateRule:
    kind = posted.get("kind", "")
    against = posted.get("against", "") if kind == RuleKind.NOT_WORSE else ""
    is_known = kind in RuleKind.values and (not against or against in Against.values)
    if not is_known or not gate_rules.is_metric(metric):
        raise Refusal("bad_gate", "A rule of your own needs a metric and a kind.", hint="Reload the page.")
    rule = GateRule(RuleKind(kind), metric, 0, against, suite=posted.get("suite", ""))
    return _with_bound(rule, posted.get("own-bound", ""))


def _with_bound(rule: GateRule, typed: str) -> GateRule:
    try:
        number = numbers.read_typed(typed)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise Refusal(
            "bad_gate", f"'{typed[:40]}' is not a limit for '{rule.display.label}'.", hint="Write a number, such as 70."
        )
    return replace(rule, bound=round(number / rule.scale, 9))


class SuiteForm(forms.Form):
    kind = forms.ChoiceField(choices=SuiteKind.choices)
    name = forms.CharField(required=False, max_length=80)
    slice = forms.CharField(required=False, max_length=300)
    seed = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1)

    def wanted(self) -> SuiteRequest:
        """The suite that was asked for; a slice is typed as `column: value`."""
        values = self.cleaned_data
        column, _, value = values["slice"].partition(":")
        seed = values["seed"]
        return SuiteRequest(
            SuiteKind(values["kind"]), values["name"], column.strip(), value.strip(), 1 if seed is None else seed
        )
