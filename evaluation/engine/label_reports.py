"""Reports of how each system tells labels: confusion counts, precision, recall, macro-F1; RMSE of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from math import sqrt

from evaluation.engine.contracts import EvaluationSpec, LabelReport, LabelRow, MetricInterval, ScoredOutput
from evaluation.metrics import typed
from review.spec.paths import as_text
from review.spec.schema import Fields, OutputField
from stats import classification
from stats.intervals import means
from stats.intervals.shares import ShareInterval

# Right label, predicted label and record.
Pair = tuple[str, str | None, str]


def label_reports(
    spec: EvaluationSpec, outputs: Sequence[ScoredOutput], golds: Mapping[str, Fields]
) -> dict[str, list[LabelReport]]:
    """A report of each field with labels, by system; records, and fields, without a gold are left out."""
    reports: dict[str, list[LabelReport]] = {}
    for system, written in _by_system(outputs, golds):
        for field in spec.task.output_schema:
            labels = typed.labels_of(field)
            if pairs := _pairs(field, written, golds, labels):
                reports.setdefault(system, []).append(_report(spec, field, labels, pairs))
    return reports


def more_metrics(
    spec: EvaluationSpec, outputs: Sequence[ScoredOutput], golds: Mapping[str, Fields]
) -> dict[str, dict[str, MetricInterval]]:
    """Compute what is no mean over outputs: `macro_f1_<field>` of labels and `rmse_<field>` of numbers, by system."""
    metrics: dict[str, dict[str, MetricInterval]] = {}
    for system, written in _by_system(outputs, golds):
        own = metrics.setdefault(system, {})
        for field in spec.task.output_schema:
            labels = typed.labels_of(field)
            if pairs := _pairs(field, written, golds, labels):
                own[f"macro_f1_{field.name}"] = _macro_f1(spec, labels, pairs)
            squared = {o.record: o.scores[name] for o in written if (name := typed.SQUARED + field.name) in o.scores}
            estimate = means.mean(squared, _companies(spec), draws=spec.draws, seed=spec.seed, level=spec.level)
            if estimate:
                own[f"rmse_{field.name}"] = _rooted(estimate)
    return metrics


def _by_system(outputs: Sequence[ScoredOutput], golds: Mapping[str, Fields]) -> list[tuple[str, list[ScoredOutput]]]:
    judged = sorted((output for output in outputs if output.record in golds), key=lambda output: output.system)
    return [(system, list(group)) for system, group in groupby(judged, key=lambda output: output.system)]


def _pairs(
    field: OutputField, outputs: Sequence[ScoredOutput], golds: Mapping[str, Fields], labels: Sequence[str]
) -> list[Pair]:
    """Right label, predicted label and record; an empty optional gold is left out."""
    pairs = []
    for output in outputs:
        right = as_text(golds[output.record].get(field.name))
        predicted = (as_text(output.fields.get(field.name)) or None) if output.fields is not None else None
        if right in labels:
            pairs.append((right, predicted, output.record))
    return pairs


def _report(spec: EvaluationSpec, field: OutputField, labels: list[str], pairs: Sequence[Pair]) -> LabelReport:
    right, predictions = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    units = means.companies_of([pair[2] for pair in pairs], _companies(spec))
    rows = [
        LabelRow(
            label=score.label,
            support=score.support,
            predicted=score.predicted,
            precision=_share(score.precision, score.precision_interval, score.predicted),
            recall=_share(score.recall, score.recall_interval, score.support),
            f1=score.f1,
        )
        for score in classification.label_scores(labels, right, predictions, units)
    ]
    counts = classification.confusion(labels, right, predictions)
    return LabelReport(field=field.name, labels=labels, counts=counts.tolist(), rows=rows)


def _macro_f1(spec: EvaluationSpec, labels: list[str], pairs: Sequence[Pair]) -> MetricInterval:
    right, predictions = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    units = means.companies_of([pair[2] for pair in pairs], _companies(spec))
    ends = classification.macro_f1_interval(labels, right, predictions, units, level=spec.level)
    centre = float(classification.macro_f1(classification.confusion(labels, right, predictions)))
    low, high = ends or (None, None)
    return MetricInterval(mean=centre, low=low, high=high, n=len(pairs), companies=len(set(units)))


def _share(mean: float | None, interval: ShareInterval | None, n: int) -> MetricInterval | None:
    if mean is None or interval is None:
        return None
    return MetricInterval(mean=mean, low=interval.low, high=interval.high, n=n)


def _rooted(estimate: means.MeanInterval) -> MetricInterval:
    low, high = (None if end is None else sqrt(max(end, 0.0)) for end in (estimate.low, estimate.high))
    return MetricInterval(mean=sqrt(estimate.mean), low=low, high=high, n=estimate.n, companies=estimate.companies)


def _companies(spec: EvaluationSpec) -> dict[str, str]:
    return {record.id: record.company for record in spec.records}
