"""Log runs to MLflow, by its own client. Needs the package `mlflow` or `mlflow-skinny`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, Protocol

from training.tracking.figures import Figure, TrackedRun

# What MLflow takes in one request.
METRICS_AT_ONCE: Final = 1000
PARAMETERS_AT_ONCE: Final = 100
LONGEST_VALUE: Final = 500
KEY: Final = "miniatures.run"


class TrackingClient(Protocol):
    """The part of `mlflow.MlflowClient` that is used."""

    def get_experiment_by_name(self, name: str) -> Any: ...
    def create_experiment(self, name: str) -> str: ...
    def search_runs(self, experiment_ids: list[str], filter_string: str) -> Any: ...
    def delete_run(self, run_id: str) -> None: ...
    def create_run(self, experiment_id: str, *, start_time: int | None, tags: dict[str, str], run_name: str) -> Any: ...
    def log_batch(self, run_id: str, *, metrics: Sequence[Any] = (), params: Sequence[Any] = ()) -> Any: ...
    def set_terminated(self, run_id: str, *, status: str, end_time: int | None) -> None: ...


def log(run: TrackedRun, *, tracking_uri: str, experiment: str) -> str:
    """Log a run; one that was logged before is replaced.

    Args:
        tracking_uri: Of the server, or of a local store, as MLflow writes it.
        experiment: Made if there is none of this name.

    Returns:
        MLflow's id of the run.

    Raises:
        ImportError: The package is not installed.
        mlflow.exceptions.MlflowException: The store refuses or is away.
    """
    from mlflow import MlflowClient
    from mlflow.entities import Metric, Param

    client: TrackingClient = MlflowClient(tracking_uri=tracking_uri)
    existing = client.get_experiment_by_name(experiment)
    experiment_id = existing.experiment_id if existing else client.create_experiment(experiment)
    for earlier in client.search_runs([experiment_id], f"tags.`{KEY}` = '{run.key}'"):
        client.delete_run(earlier.info.run_id)
    times = [_milliseconds(figure) for figure in run.figures]
    first, last = (min(times), max(times)) if times else (None, None)
    made = client.create_run(experiment_id, start_time=first, tags={KEY: run.key}, run_name=run.name)
    run_id = str(made.info.run_id)
    values = [(name, value[:LONGEST_VALUE]) for name, value in run.parameters.items()]
    for part in _parts(values, PARAMETERS_AT_ONCE):
        client.log_batch(run_id, params=[Param(name, value) for name, value in part])
    for batch in _parts(run.figures, METRICS_AT_ONCE):
        client.log_batch(run_id, metrics=[Metric(f.tag, f.value, _milliseconds(f), f.step) for f in batch])
    totals = [Metric(tag, value, last or 0, 0) for tag, value in run.totals.items()]
    for chunk in _parts(totals, METRICS_AT_ONCE):
        client.log_batch(run_id, metrics=chunk)
    client.set_terminated(run_id, status="FINISHED" if run.totals else "RUNNING", end_time=last)
    return run_id


def _milliseconds(figure: Figure) -> int:
    return round(figure.at * 1000)


def _parts(values: Sequence[Any], size: int) -> Iterator[list[Any]]:
    for begin in range(0, len(values), size):
        yield list(values[begin : begin + size])
