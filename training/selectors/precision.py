"""What computing in half precision saved a run against fp32: measured beside a twin where there is one, else estimated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from training.models import TrainingRun

HALF: Final = ("bf16", "fp16")
# A twin may differ in these and still takes the same memory and time.
FREE: Final = frozenset({"dtype", "seed"})
LOOKED_AT_RUNS: Final = 100


@dataclass(frozen=True)
class AgainstFp32:
    """What half precision came to, beside what "Trained Miniatures" reports: half of the memory, 1.5 to 2 times the speed.

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


def against_fp32(run: TrainingRun) -> AgainstFp32 | None:
    """What a run in bf16 or fp16 saved; None for one that has not ended or computed in fp32, or where nothing tells."""
    if run.summary.get("dtype") not in HALF:
        return None
    twin = _twin(run)
    if twin is not None:
        mine, theirs = run.summary, twin.summary
        return AgainstFp32(
            1 - mine["peak_memory_gib"] / theirs["peak_memory_gib"] if theirs["peak_memory_gib"] else None,
            mine["tokens_per_s"] / theirs["tokens_per_s"] if theirs["tokens_per_s"] else None,
            twin,
        )
    told, plain = run.estimate.get("memory_gib"), run.estimate.get("fp32_memory_gib")
    return AgainstFp32(1 - told / plain, None, None) if told and plain else None


def _twin(run: TrainingRun) -> TrainingRun | None:
    """The newest run in fp32 of the same rows, student, beginning and device, whose recipe differs in nothing that counts."""
    like = TrainingRun.objects.filter(
        student=run.student_id, dataset_version=run.dataset_version_id, starts_from=run.starts_from_id,
        teacher=run.teacher_id, task=run.task_id,
    ).exclude(pk=run.pk)  # fmt: skip
    found = like.exclude(summary={}).order_by("-created_at")[:LOOKED_AT_RUNS]
    return next((each for each in found if each.summary.get("dtype") == "fp32" and _key(each) == _key(run)), None)


def _key(run: TrainingRun) -> tuple[Any, ...]:
    recipe = {name: value for name, value in run.recipe.items() if name not in FREE}
    return run.summary.get("device"), run.summary.get("processes"), run.sample, recipe
