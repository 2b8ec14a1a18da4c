"""Keep what a run cost at its end, by the prices of that day: later prices change later runs."""

from __future__ import annotations

from jobs.models import Job
from training.models import TrainingRun
from training.selectors.run_cost import run_cost


def keep(job: Job) -> None:
    """Consume the end of a training job, well or badly. A run that is resumed and ends again is counted again."""
    run = TrainingRun.objects.select_related("job").filter(job=job).first()
    if run is None:
        return
    run.cost = {}
    TrainingRun.objects.filter(pk=run.pk).update(cost=run_cost(run).as_json())
