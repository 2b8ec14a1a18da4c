"""Turn scored outputs into the report: shares and means with intervals, and the differences that matter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import combinations

from evaluation.engine import label_reports
from evaluation.engine.contracts import (
    Difference,
    EvaluationReport,
    EvaluationSpec,
    GeneralLoss,
    MetricInterval,
    ScoredOutput,
    first_texts,
)
from evaluation.metrics import reference_free, typed, words
from review.spec import prompting
from review.spec.schema import Fields
from stats.intervals import means, shares

Table = dict[str, dict[str, dict[str, float]]]  # system, metric, record


def table(outputs: Sequence[ScoredOutput]) -> Table:
    """Scores by system, metric and record, with what is only known of all outputs together."""
    scores: Table = defaultdict(lambda: defaultdict(dict))
    texts: dict[str, dict[str, str]] = defaultdict(dict)
    for output in outputs:
        for metric, score in output.scores.items():
            scores[output.system][metric][output.record] = score
        # What was never begun took no time: it would make a system faster than it is.
        if output.seconds or not output.error:
            scores[output.system]["seconds"][output.record] = output.seconds
        scores[output.system]["cost_usd"][output.record] = output.cost_usd
        if output.text.strip():
            texts[output.system][output.record] = output.text
    for system, written in texts.items():
        scores[system]["self_similarity"] = words.self_similarity(written)
    return scores


def report(
    spec: EvaluationSpec,
    outputs: Sequence[ScoredOutput],
    general: Mapping[str, GeneralLoss],
    seconds: float,
    contexts: Mapping[str, int | None],
    devices: Mapping[str, str] | None = None,
) -> EvaluationReport:
    """Everything a reader of the evaluation is shown in numbers."""
    scores, golds = table(outputs), gold_fields(spec)
    more = label_reports.more_metrics(spec, outputs, golds)
    return EvaluationReport(
        records=len(spec.records),
        with_gold=len({gold.record for gold in spec.golds}),
        systems={system: _intervals(metrics, spec) | more.get(system, {}) for system, metrics in scores.items()},
        labels=label_reports.label_reports(spec, outputs, golds),
        general_nll_per_byte={system: loss.nll_per_byte for system, loss in general.items()},
        general_passages={system: loss.passages for system, loss in general.items() if loss.passages},
        distinct={
            system: {
                f"distinct_{n}": words.distinct([o.text for o in outputs if o.system == system and o.text.strip()], n)
                for n in (1, 2, 3)
            }
            for system in scores
        },
        differences=[
            difference
            for first, second in _compared_systems(spec)
            for difference in _differences(first, second, scores, spec)
        ],
        seconds=seconds,
        batch_size=spec.batch_size,
        devices=dict(devices or {}),
        notes=[note for name, context in contexts.items() for note in _notes(name, context, outputs)],
        level=spec.level,
        is_exploratory=spec.is_exploratory,
    )


def gold_fields(spec: EvaluationSpec) -> dict[str, Fields]:
    """Return what experts let stand, as fields by record; the first gold of a record counts."""
    return {record: prompting.parse(spec.task, text) for record, text in first_texts(spec.golds).items()}


def _notes(system: str, context: int | None, outputs: Sequence[ScoredOutput]) -> list[str]:
    written = [output for output in outputs if output.system == system]
    unfit, cut = sum(output.is_unfit for output in written), sum(output.is_cut for output in written)
    of, reads = f"of {len(written)}", f"the {context:,} tokens the student reads" if context else "its context"
    notes = []
    if unfit:
        notes.append(f"{system}: {unfit} {of} prompts leave no room for an answer within {reads}; nothing was written.")
    if cut:
        notes.append(f"{system}: {cut} {of} answers ran into the end of {reads}, prompt and answer together.")
    return notes


def _compared_systems(spec: EvaluationSpec) -> list[tuple[str, str]]:
    methods = [(system.name, str(system.method)) for system in spec.systems] + [
        (system.name, str(system.method)) for system in spec.written
    ]
    tuned = [name for name, method in methods if method in ("lora", "full")]
    others = [name for name, method in methods if method in ("base", "teacher", "baseline")]
    return [(system, other) for system in tuned for other in others] + list(combinations(tuned, 2))


def _intervals(metrics: dict[str, dict[str, float]], spec: EvaluationSpec) -> dict[str, MetricInterval]:
    companies, drawn = _companies(spec), {"draws": spec.draws, "seed": spec.seed}
    return {
        name: measured(name, by_record, companies, level=spec.level, **drawn) for name, by_record in metrics.items()
    }


def measured(
    metric: str, by_record: Mapping[str, float], companies: Mapping[str, str], *, level: float, **drawn: int
) -> MetricInterval:
    """Return the mean of a metric over records, at least one, with its interval: that of a share where it is one.

    Args:
        drawn: `draws` and `seed` of the bootstrap of a mean.
    """
    if not is_share(metric):
        return _interval(means.mean(by_record, companies, level=level, **drawn))
    records = sorted(by_record)
    names, values = means.companies_of(records, companies), [by_record[record] for record in records]
    interval = shares.clustered(values, names, level=level)
    return MetricInterval(
        mean=sum(values) / len(values), low=interval.low, high=interval.high, n=len(values), companies=len(set(names))
    )


def is_share(metric: str) -> bool:
    """Return whether a metric is 0 or 1 of each output, so that its mean is a share."""
    return reference_free.is_share(metric) or typed.is_share(metric)


def _companies(spec: EvaluationSpec) -> dict[str, str]:
    return {record.id: record.company for record in spec.records}


def _share_difference(
    first: dict[str, float], second: dict[str, float], companies: dict[str, str], level: float
) -> MetricInterval:
    records = sorted(first.keys() & second.keys())
    names = means.companies_of(records, companies)
    ones, others = [first[record] for record in records], [second[record] for record in records]
    interval = shares.paired_difference(ones, others, names, level=level)
    gap = (sum(ones) - sum(others)) / len(records)
    return MetricInterval(mean=gap, low=interval.low, high=interval.high, n=len(records), companies=len(set(names)))


def _differences(first: str, second: str, scores: Table, spec: EvaluationSpec) -> list[Difference]:
    companies, drawn = _companies(spec), {"draws": spec.draws, "seed": spec.seed}
    differences = []
    for metric in sorted(scores.get(first, {}).keys() & scores.get(second, {}).keys()):
        mine, theirs = scores[first][metric], scores[second][metric]
        if mine.keys() & theirs.keys():
            value = (
                _share_difference(mine, theirs, companies, spec.level)
                if is_share(metric)
                else _interval(means.difference(mine, theirs, companies, level=spec.level, **drawn))
            )
            differences.append(Difference(of=first, against=second, metric=metric, value=value))
    return differences


def _interval(estimate: means.MeanInterval | None) -> MetricInterval:
    assert estimate is not None, "no metric is without a record"
    return MetricInterval.model_validate(asdict(estimate))
