"""The miniature card: what a stranger must know before trusting a miniature, as one structure.

Its page, its Markdown and its JSON are made of it. Every figure was measured or is reckoned from what was; what was not
measured or recorded is None.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from evaluation.evaluations import queries as evaluation_queries
from evaluation.evaluations import run_inputs, speeds, tables
from evaluation.models import Evaluation
from review.datasets import removed_samples
from review.states import Split
from serving.cards import costs, queries
from serving.cards.costs import BreakEvenLine, Capacity, CardFigure, RunningCosts
from training.costs.run_cost import price_of
from training.miniatures import lineage
from training.models import Miniature, TrainingRun

FORMAT: Final = "miniatures.card/1"
SECONDS_PER_HOUR: Final = 3600
_DATA = ("rows", "splits", "verdicts", "teachers", "models", "origins", "groups", "agreement", "sources")


@dataclass(frozen=True, slots=True)
class SplitScores:
    """Scores of the newest finished evaluation on one split.

    Attributes:
        split: `validation` or `test`.
        at: When it was ordered, ISO.
        records: How many it was measured on.
        opening: Number of its opening of the test split; None on validation records.
        is_exploratory: Whether it came after the planned openings, so that it gives no verdict.
        tuned: The miniature's name among the systems.
        systems: By name its kind and its metrics, each a mean with its interval and n.
        summary: The whole report, for tables.
    """

    evaluation: str
    split: str
    at: str
    records: int
    level: float
    opening: int | None
    is_exploratory: bool
    tuned: str
    systems: dict[str, dict[str, Any]]
    summary: dict[str, Any]


@dataclass(frozen=True, slots=True)
class MiniatureCard:
    """All that is told of a miniature; see `docs/cards.md` for each part.

    Attributes:
        lineage: Task versions, dataset version with its hash, who wrote the drafts, student, run.
        data: A summary of the dataset's card.
        recipe: Name, values, and in what it departs from the preset.
        environment: What it was tuned with; None of runs from before that was recorded.
        scores: By split.
        openings: How often the task's test split was opened, how often that was planned, and which were for this one.
        break_even: Against paid models.
        limits: What it was not measured on, in sentences.
        licence: Of the base and of the data.
    """

    miniature: dict[str, Any]
    lineage: dict[str, Any]
    data: dict[str, Any]
    recipe: dict[str, Any]
    environment: dict[str, Any] | None
    scores: tuple[SplitScores, ...]
    openings: dict[str, Any]
    costs: RunningCosts
    break_even: tuple[BreakEvenLine, ...]
    limits: tuple[str, ...]
    licence: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        body = asdict(self)
        for scores in body["scores"]:
            del scores["summary"]
        return {"format": FORMAT, **body}


def card_of(miniature: Miniature) -> MiniatureCard:
    """Write the card of a miniature as its rows stand now; the same rows give the same card."""
    run = miniature.run
    evaluations = queries.evaluations_of(run)
    scores = tuple(_scores(run, evaluation) for evaluation in evaluations.values())
    running = _running_costs(miniature, evaluations)
    data = _data(run)
    openings = _openings(run)
    drafts = queries.drafts_of(run.dataset_version)
    return MiniatureCard(
        miniature=_head(miniature),
        lineage=_lineage(miniature),
        data=data,
        recipe={"name": run.recipe_name, "values": run.recipe, "overrides": run.overrides},
        environment=run.summary.get("environment"),
        scores=scores,
        openings=openings,
        costs=running,
        break_even=tuple(costs.break_even(running, drafts, queries.listed_prices())),
        limits=tuple(_limits(miniature, scores, data)),
        licence=_licence(run),
    )


def _head(miniature: Miniature) -> dict[str, Any]:
    return {
        "id": str(miniature.pk),
        "slug": miniature.slug,
        "name": miniature.name,
        "method": miniature.method,
        "bytes": miniature.bytes,
        "manifest_sha256": miniature.manifest_sha256,
        "made_at": miniature.created_at.isoformat(),
    }


def _lineage(miniature: Miniature) -> dict[str, Any]:
    """Lineage without addresses of this site, and with reviewers counted instead of named."""
    links = lineage.miniature_lineage(miniature)
    people = links.pop("reviewers")
    del links["miniature"]
    return {**{name: _without_urls(part) for name, part in links.items()}, "reviewers": len(people)}


def _without_urls(part: object) -> Any:
    if isinstance(part, list):
        return [_without_urls(each) for each in part]
    return {name: value for name, value in part.items() if name != "url"} if isinstance(part, dict) else part


def _data(run: TrainingRun) -> dict[str, Any]:
    version = run.dataset_version
    frozen = {"frozen_at": version.frozen_at.isoformat() if version.frozen_at else None}
    counts = {name: version.counts.get(name) for name in _DATA}
    checks = {name: version.manifest.get(name) for name in ("leakage", "personal_data")}
    removed = {f"{kind}_rows": n for kind, n in removed_samples.removed_counts(version).items()}
    shown = {"group_nouns": run.task_version.spec.group_nouns, "sample": run.sample or None}
    return {"content_hash": version.content_hash, **frozen, **counts, **checks, **removed, **shown}


def _scores(run: TrainingRun, evaluation: Evaluation) -> SplitScores:
    summary = evaluation.summary
    opening = getattr(evaluation, "opening", None)
    kinds = summary.get("kinds", {})
    systems = {
        name: {"kind": kinds.get(name, ""), "metrics": summary["systems"][name]} for name in tables.systems(summary)
    }
    return SplitScores(
        evaluation=str(evaluation.pk),
        split=evaluation.split,
        at=evaluation.created_at.isoformat(),
        records=int(summary.get("records", 0)),
        level=tables.percent_level(summary) / 100,
        opening=opening.number if opening else None,
        is_exploratory=bool(summary.get("is_exploratory")),
        tuned=run_inputs.tuned_name(run),
        systems=systems,
        summary=summary,
    )


def _openings(run: TrainingRun) -> dict[str, Any]:
    openings = list(evaluation_queries.openings(run.task))
    return {
        "opened": len(openings),
        "planned": openings[0].planned if openings else None,
        "of_this_miniature": [each.number for each in openings if each.evaluation.run_id == run.pk],
        "before_they_were_counted": evaluation_queries.uncounted_reads(run.task),
    }


def _running_costs(miniature: Miniature, evaluations: Mapping[str, Evaluation]) -> RunningCosts:
    """Costs on the host of its newest evaluation with a throughput."""
    tuned = run_inputs.tuned_name(miniature.run)
    by_age = sorted(evaluations.values(), key=lambda each: (each.created_at, each.pk), reverse=True)
    measured = next(((each, capacity) for each in by_age if (capacity := _capacity(each, tuned))), None)
    evaluation = measured[0] if measured else next(iter(by_age), None)
    host = evaluation.job.host_id if evaluation and evaluation.job else ""
    price = price_of(host)
    return costs.running_costs(
        host=host,
        usd_per_hour=None if price is None else float(price),
        capacity=measured[1] if measured else None,
        requests=queries.requests_of(miniature),
    )


def _capacity(evaluation: Evaluation, tuned: str) -> Capacity | None:
    summary = evaluation.summary
    rate = speeds.throughput(summary.get("systems", {}).get(tuned, {}).get(speeds.SECONDS))
    if rate is None:
        return None
    hourly = CardFigure(rate["mean"], rate["low"], rate["high"], rate["n"]).times(SECONDS_PER_HOUR)
    return Capacity(hourly, summary.get("devices", {}).get(tuned, ""), str(evaluation.pk))


def _licence(run: TrainingRun) -> dict[str, Any]:
    """Licences as declared; the data's is the publisher's decision, so its sources' provenance stands for it."""
    sources = run.dataset_version.counts.get("sources") or []
    return {
        "base": run.student.licence or None,
        "data": None,
        "sources": [{"name": source["name"], "provenance": source["note"] or None} for source in sources],
    }


def _limits(miniature: Miniature, measured: Sequence[SplitScores], data: Mapping[str, Any]) -> list[str]:
    """Name what the miniature was not measured on, in sentences that follow from its rows."""
    return [
        *_measured_on(measured),
        *_language_and_length(miniature),
        *_forgetting(measured),
        *_data_since(data),
        *(["Probabilities of its labels are not calibrated."] if miniature.run.is_classifier else []),
    ]


def _measured_on(measured: Sequence[SplitScores]) -> Iterator[str]:
    if not measured:
        yield "It was not evaluated, so it has no score."
        return
    if Split.TEST not in {scores.split for scores in measured}:
        yield "The test split was not opened for it: scores are on validation records, by which runs are chosen."
    for scores in measured:
        if scores.is_exploratory:
            yield (
                f"Scores on {scores.split} records are exploratory: they came after the planned openings "
                "and give no verdict."
            )
    yield "Measured on held-out records of this task's own sources, and on nothing else."


def _language_and_length(miniature: Miniature) -> Iterator[str]:
    language = miniature.run.task_version.spec.language
    yield f"The task is in the language '{language}'; other languages were not measured."
    if length := miniature.student.context_length:
        yield f"Its base holds {length:,} tokens of prompt and answer together; what is longer is refused."
    else:
        yield "How many tokens its base holds is not recorded."
    yield "Slices by length were not measured."


def _forgetting(measured: Sequence[SplitScores]) -> Iterator[str]:
    for scores in measured:
        lines = {line["name"]: line for line in tables.forgetting(scores.summary)}
        line = lines.get(scores.tuned)
        if line and line["change"]:
            interval = f" ({line['interval']})" if line["interval"] else " (no interval)"
            amber = f" {line['words']}." if line["words"] else ""
            yield (
                "Forgetting, loss on a general text against the base: "
                f"{line['change']}{interval}, with the {scores.split} scores.{amber}"
            )
            return
    yield "Forgetting was not measured."


def _data_since(data: Mapping[str, Any]) -> Iterator[str]:
    for kind in ("revoked", "erased"):
        if n := data.get(f"{kind}_rows"):
            yield f"{n:,} of the rows it may have learnt from {'was' if n == 1 else 'were'} {kind} since."
    synthetic = sum(source["rows"] for source in data.get("sources") or [] if source.get("is_synthetic"))
    if synthetic:
        yield f"{synthetic:,} rows are of records that a teacher made up."
