"""Runs side by side.

They show the metric their task is judged by, their costs, a figure laid over one another, and what each writes for the
same prompts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final
from uuid import UUID

from training.costs.run_cost import run_costs
from training.models import TrainingRun
from training.runs import charts
from training.runs import queries as selectors
from training.runs.charts import Metrics
from web.ports import Port

# The value of the metric that a task is judged by, as pages write it, with its metric; by run. Evaluations have it.
headlines: Port[[Iterable[UUID]], Mapping[UUID, Mapping[str, Any]]] = Port(lambda run_ids: {})


def side_by_side(runs: Sequence[TrainingRun], metrics: Mapping[str, Metrics], chosen: str) -> dict[str, Any]:
    """Return the values that a page draws beside the losses.

    Args:
        runs: In the order of the columns.
        metrics: Of each run, by its name.
        chosen: The figure to lay over one another; one that is none gives the first.
    """
    key = chosen if chosen in charts.OVERLAYS else next(iter(charts.OVERLAYS))
    title, unit = charts.OVERLAYS[key]
    costs, by_run = run_costs(list(runs)), headlines([run.pk for run in runs])
    return {
        "headlines": [by_run.get(run.pk) for run in runs],
        "overlays": [(name, words) for name, (words, _) in charts.OVERLAYS.items()],
        "overlay_key": key,
        "overlay_title": title,
        "overlay": charts.overlay(metrics, key, unit),
        "costs": [costs[run.pk] for run in runs],
        "uses": [_median(metrics[run.name], "mfu") for run in runs],
        "written": _written(runs),
    }


def _written(runs: Sequence[TrainingRun]) -> list[dict[str, Any]]:
    """Newest text of each run for each prompt that several runs wrote for; None where one wrote none."""
    texts: dict[str, dict[int, dict[str, Any]]] = {}
    for column, run in enumerate(runs):
        for sample in selectors.samples(run):
            texts.setdefault(sample["id"], {})[column] = sample["outputs"][0]
    return [
        {"prompt": prompt, "outputs": [by_run.get(column) for column in range(len(runs))]}
        for prompt, by_run in texts.items()
        if len(by_run) > 1
    ]


def _median(metrics: Metrics, key: str) -> float | None:
    values = [row[key] for row in metrics if isinstance(row.get(key), int | float)]
    return median(values) if values else None


HALF: Final = ("bf16", "fp16")
# A twin may differ in these and still takes the same memory and time.
IGNORED_VALUES: Final = frozenset({"dtype", "seed"})
LOOKED_AT_RUNS: Final = 100


@dataclass(frozen=True)
class Fp32Comparison:
    """Outcome of half precision beside what "Trained Miniatures" reports: half of the memory, 1.5 to 2 times the speed.

    Attributes:
        memory: Share of memory saved; negative where it took more; None where nothing tells.
        speed: Times the tokens a second of the twin; None without one.
        twin: The run in fp32 that differs in nothing else; None where the memory is by the estimate.
    """

    memory: float | None
    speed: float | None
    twin: TrainingRun | None

    @property
    def takes_more(self) -> float | None:
        """Share of memory it took more; None where it took less."""
        return -self.memory if self.memory is not None and self.memory < 0 else None


def compare_with_fp32(run: TrainingRun) -> Fp32Comparison | None:
    """Savings of a run in bf16 or fp16; None for one that has not ended or computed in fp32, or where nothing tells."""
    if run.summary.get("dtype") not in HALF:
        return None
    twin = _twin(run)
    if twin is not None:
        mine, theirs = run.summary, twin.summary
        return Fp32Comparison(
            1 - mine["peak_memory_gib"] / theirs["peak_memory_gib"] if theirs["peak_memory_gib"] else None,
            mine["tokens_per_s"] / theirs["tokens_per_s"] if theirs["tokens_per_s"] else None,
            twin,
        )
    estimated_gib, fp32_gib = run.estimate.get("memory_gib"), run.estimate.get("fp32_memory_gib")
    return Fp32Comparison(1 - estimated_gib / fp32_gib, None, None) if estimated_gib and fp32_gib else None


def _twin(run: TrainingRun) -> TrainingRun | None:
    """Newest fp32 run with the same rows, student, start, device and relevant recipe."""
    like = TrainingRun.objects.filter(
        student=run.student_id,
        dataset_version=run.dataset_version_id,
        starts_from=run.starts_from_id,
        teacher=run.teacher_id,
        task=run.task_id,
    ).exclude(pk=run.pk)
    newest = like.exclude(summary={}).order_by("-created_at")[:LOOKED_AT_RUNS]
    return next((each for each in newest if each.summary.get("dtype") == "fp32" and _key(each) == _key(run)), None)


def _key(run: TrainingRun) -> tuple[Any, ...]:
    recipe = {name: value for name, value in run.recipe.items() if name not in IGNORED_VALUES}
    return run.summary.get("device"), run.summary.get("processes"), run.sample, recipe
