"""From scored outputs to the report: means with intervals, and the differences that matter. Knows no model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations

from evaluation.engine.contracts import Difference, EvaluationSpec, Interval, Output, Report
from evaluation.metrics import alike, bootstrap

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
        if output.fields is not None:
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
                f"distinct_{n}": alike.distinct([o.text for o in outputs if o.system == system and o.fields], n)
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
    found = {name: bootstrap.mean(by_record, draws=spec.draws, seed=spec.seed) for name, by_record in metrics.items()}
    return {name: _interval(estimate) for name, estimate in found.items() if estimate}


def _differences(one: str, other: str, scores: Table, spec: EvaluationSpec) -> list[Difference]:
    found = []
    for metric in scores.get(one, {}).keys() & scores.get(other, {}).keys():
        estimate = bootstrap.difference(scores[one][metric], scores[other][metric], draws=spec.draws, seed=spec.seed)
        if estimate:
            found.append(Difference(of=one, against=other, metric=metric, value=_interval(estimate)))
    return sorted(found, key=lambda item: item.metric)


def _interval(estimate: bootstrap.Estimate) -> Interval:
    return Interval(mean=estimate.mean, low=estimate.low, high=estimate.high, n=estimate.n)
