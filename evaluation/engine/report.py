"""From scored outputs to the report: shares and means with intervals, and the differences that matter. Knows no model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations

from evaluation.engine.contracts import Difference, EvaluationSpec, Interval, Output, Report
from evaluation.metrics import alike, bootstrap
from evaluation.metrics.reading import is_share
from stats import shares

Table = dict[str, dict[str, dict[str, float]]]  # system, metric, record


def table(outputs: Sequence[Output]) -> Table:
    """Scores by system, metric and record, with what is only known of all outputs together."""
    found: Table = defaultdict(lambda: defaultdict(dict))
    texts: dict[str, dict[str, str]] = defaultdict(dict)
    for output in outputs:
        for metric, score in output.scores.items():
            found[output.system][metric][output.record] = score
        found[output.system]["seconds"][output.record] = output.seconds
        found[output.system]["cost_usd"][output.record] = output.cost_usd
        if output.text.strip():
            texts[output.system][output.record] = output.text
    for system, written in texts.items():
        found[system]["self_similarity"] = alike.self_similarity(written)
    return found


def report(
    spec: EvaluationSpec, outputs: Sequence[Output], general: dict[str, float], seconds: float,
    contexts: Mapping[str, int | None],
) -> Report:  # fmt: skip
    """Everything a reader of the evaluation is shown in numbers."""
    scores = table(outputs)
    return Report(
        records=len(spec.records),
        with_gold=len({gold.record for gold in spec.golds}),
        systems={system: _intervals(metrics, spec) for system, metrics in scores.items()},
        general_nll_per_byte=general,
        distinct={
            system: {
                f"distinct_{n}": alike.distinct([o.text for o in outputs if o.system == system and o.text.strip()], n)
                for n in (1, 2, 3)
            }
            for system in scores
        },
        differences=[found for one, other in _compared(spec) for found in _differences(one, other, scores, spec)],
        seconds=seconds,
        notes=[note for name, context in contexts.items() for note in _notes(name, context, outputs)],
    )


def _notes(system: str, context: int | None, outputs: Sequence[Output]) -> list[str]:
    """What the student's context kept a system from writing."""
    written = [output for output in outputs if output.system == system]
    unfit, cut = sum(output.is_unfit for output in written), sum(output.is_cut for output in written)
    of, reads = f"of {len(written)}", f"the {context:,} tokens the student reads" if context else "its context"
    found = []
    if unfit:
        found.append(f"{system}: {unfit} {of} prompts leave no room for an answer within {reads}; nothing was written.")
    if cut:
        found.append(f"{system}: {cut} {of} answers ran into the end of {reads}, prompt and answer together.")
    return found


def _compared(spec: EvaluationSpec) -> list[tuple[str, str]]:
    """Each tuned system against every base and teacher, and tuned ones against each other."""
    methods = [(one.name, str(one.method)) for one in spec.systems] + [
        (one.name, str(one.method)) for one in spec.written
    ]
    tuned = [name for name, method in methods if method in ("lora", "full")]
    others = [name for name, method in methods if method in ("base", "teacher")]
    return [(one, other) for one in tuned for other in others] + list(combinations(tuned, 2))


def _intervals(metrics: dict[str, dict[str, float]], spec: EvaluationSpec) -> dict[str, Interval]:
    companies = _companies(spec)
    found = {}
    for name, by_record in metrics.items():
        estimate = bootstrap.mean(by_record, companies, draws=spec.draws, seed=spec.seed)
        if estimate:
            found[name] = _share(by_record, companies) if is_share(name) else _interval(estimate)
    return found


def _companies(spec: EvaluationSpec) -> dict[str, str]:
    return {record.id: record.company for record in spec.records}


def _share(by_record: dict[str, float], companies: dict[str, str]) -> Interval:
    records = sorted(by_record)
    names, values = bootstrap.companies_of(records, companies), [by_record[record] for record in records]
    found = shares.of_units(values, names)
    return Interval(
        mean=sum(values) / len(values), low=found.low, high=found.high, n=len(values), companies=len(set(names))
    )


def _share_difference(one: dict[str, float], other: dict[str, float], companies: dict[str, str]) -> Interval:
    records = sorted(one.keys() & other.keys())
    names = bootstrap.companies_of(records, companies)
    ones, others = [one[record] for record in records], [other[record] for record in records]
    found = shares.paired_difference(ones, others, names)
    gap = (sum(ones) - sum(others)) / len(records)
    return Interval(mean=gap, low=found.low, high=found.high, n=len(records), companies=len(set(names)))


def _differences(one: str, other: str, scores: Table, spec: EvaluationSpec) -> list[Difference]:
    found, companies = [], _companies(spec)
    for metric in scores.get(one, {}).keys() & scores.get(other, {}).keys():
        mine, theirs = scores[one][metric], scores[other][metric]
        estimate = bootstrap.difference(mine, theirs, companies, draws=spec.draws, seed=spec.seed)
        if estimate:
            value = _share_difference(mine, theirs, companies) if is_share(metric) else _interval(estimate)
            found.append(Difference(of=one, against=other, metric=metric, value=value))
    return sorted(found, key=lambda item: item.metric)


def _interval(estimate: bootstrap.Estimate) -> Interval:
    return Interval(
        mean=estimate.mean, low=estimate.low, high=estimate.high, n=estimate.n, companies=estimate.companies
    )
