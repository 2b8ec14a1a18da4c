"""Kinds of jobs this room brings: the engine that serves, and bringing it in line with what is promoted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings

from jobs.contracts import EngineEvent, Result
from jobs.kinds.base import Attempt, JobKind, MustWait, Needs
from jobs.lifecycle import claim
from jobs.models import Job
from jobs.states import CLAIMABLE
from serving.promotions import queries, sync_models
from serving.runtime import replicas, scaling, switch

# A drained replica is looked at so often until it is empty, and one without a worker until a worker takes it up.
LOOK_AGAIN_S = 2.0


class ServingKind(JobKind):
    """Serving, for as long as it is on; one engine on a host."""

    name = switch.KIND
    label = "Serving"
    queue = switch.QUEUE
    engine_module: str | None = "serving.backends"
    needs_torch = True
    max_running_per_host = 1

    @property
    def keeps_spare(self) -> bool:  # type: ignore[override]  # a setting decides
        """Return whether a process stands by that has imported torch: some hundred MB for seconds after a crash."""
        return bool(settings.SERVING_SPARE)

    def needs(self, job: Job) -> Needs:
        return Needs(host_id=job.spec.get("host", ""))

    def build_spec(self, job: Job, run_dir: Path) -> dict[str, Any]:
        return sync_models.serving_spec(job)

    def secret_refs(self, job: Job) -> list[str]:
        return sync_models.secret_refs(job)

    def on_events(self, job: Job, events: list[EngineEvent]) -> None:
        """An engine that came up with a list or files laid before the last promotion is brought up to it.

        One that stands is forgiven its crashes: serving goes on for months, and a host that is switched off each
        evening must not add up to a job that is given up.
        """
        if any(event.kind == "serving" and event.payload.get("state") == "steady" for event in events):
            claim.reset_crashes(job.pk, job.fence)
        started = [event for event in events if event.kind == "serving" and event.payload.get("state") == "running"]
        if not started:
            return
        replicas.record_report(job, started[-1].payload)
        served = [writer.miniature for writer in queries.served_miniatures()]
        is_behind = set(started[-1].payload["models"]) != {miniature.slug for miniature in served}
        if is_behind or not all(map(sync_models.is_laid, served)):
            switch.update_serving(by=None)

    def on_finished(self, job: Job, result: Result, collected: dict[str, Any]) -> None:
        scaling.forget_drained(job)


class ServingUpdateKind(JobKind):
    """One look at what is promoted, carried to a replica's engine on its host; over once no engine can be there."""

    name = switch.UPDATE_KIND
    label = "Serving update"
    queue = switch.QUEUE
    max_running_per_host = 1

    def needs(self, job: Job) -> Needs:
        return Needs(host_id=scaling.host_of(job.spec.get("replica", 0)))

    def run_inline(self, job: Job, attempt: Attempt) -> dict[str, Any]:
        replica = job.spec.get("replica", 0)
        if scaling.host_of(replica) != job.host_id:
            if scaling.may_live(replica):
                raise MustWait("its engine has no worker now", again_s=LOOK_AGAIN_S, is_over=lambda: False)
            # What comes up reads the list as it starts.
            return {"reached": False, "models": []}
        state, away = sync_models.update_engine()
        later = Job.objects.filter(kind=job.kind, state__in=CLAIMABLE, created_at__gt=job.created_at)
        if away and not later.filter(spec=job.spec).exists():
            names = ", ".join(away)
            reason = f"files not there yet, tried again every {sync_models.AGAIN_S} s: {names}"
            raise MustWait(reason, again_s=sync_models.AGAIN_S, is_over=lambda: False)
        return {"reached": state is not None, "models": [model["name"] for model in (state or {}).get("models", [])]}


class ServingDrainKind(JobKind):
    """End of a drained replica once it has no question left; on its host, or anywhere once that has lost it."""

    name = scaling.DRAIN_KIND
    label = "Serving drain"
    queue = switch.QUEUE

    def needs(self, job: Job) -> Needs:
        return Needs(host_id=scaling.host_of(job.spec["replica"]))

    def run_inline(self, job: Job, attempt: Attempt) -> dict[str, Any]:
        left = scaling.end_when_empty(job.spec["replica"])
        if left:
            raise MustWait(f"requests in progress: {left}", again_s=LOOK_AGAIN_S, is_over=lambda: False)
        return {}
