"""The Celery application: queues, threads, and the beat that looks after jobs. Celery is a doorbell only."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any

from celery import Celery
from celery.signals import (
    beat_init,
    before_task_publish,
    celeryd_after_setup,
    worker_init,
    worker_ready,
    worker_shutdown,
    worker_shutting_down,
)

# Connects to Celery's signals.
from miniatures_site import worker_logs  # noqa: F401
from web.process import alive

if TYPE_CHECKING:
    from celery.worker.consumer import Consumer

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "miniatures_site.settings.dev")

logger = logging.getLogger(__name__)
app = Celery("miniatures")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(related_name="celery_tasks")


@app.on_after_configure.connect
def configure(sender: Celery, **_: Any) -> None:
    """Threads, so that a supervised engine holds a thread and not a process; and the beat's entries."""
    from django.conf import settings

    every_s, tick_s = settings.JOB_REAPER_EVERY_S, settings.CAMPAIGN_TICK_S
    sender.conf.update(
        worker_pool="threads",
        worker_concurrency=settings.WORKER_THREADS,
        beat_scheduler="miniatures_site.beat_scheduler:Scheduler",
        beat_schedule_filename=str(settings.VAR_DIR / "celerybeat-schedule"),
        beat_max_loop_interval=max(min(every_s, tick_s), 1),
        beat_schedule={
            "reap": {"task": "jobs.reap", "schedule": every_s, "options": {"expires": every_s * 2}},
            "campaigns": {
                "task": "campaigns.tick",
                "schedule": tick_s,
                "options": {"expires": tick_s * 2, "queue": "campaigns"},
            },
            "index": {"task": "review.index_drafts", "schedule": every_s, "options": {"expires": every_s * 2}},
            "imports": {"task": "review.take_back_imports", "schedule": 60.0, "options": {"expires": 60}},
            "webhooks": {"task": "webhooks.deliver", "schedule": every_s, "options": {"expires": every_s * 2}},
            "alerts": {"task": "site.check_alerts", "schedule": 60.0, "options": {"expires": 60}},
            "forget": {"task": "site.forget", "schedule": 3600.0, "options": {"expires": 3600}},
            "notices": {"task": "training.send_notices", "schedule": every_s, "options": {"expires": every_s * 2}},
            "order": {"task": "review.order_desks", "schedule": 300.0, "options": {"expires": 300}},
            "acceptance": {
                "task": "generation.look_after_acceptance",
                "schedule": 300.0,
                "options": {"expires": 300},
            },
            "share-outs": {"task": "review.end_share_outs", "schedule": 60.0, "options": {"expires": 60}},
            "daily-mails": {"task": "review.send_daily_mails", "schedule": 300.0, "options": {"expires": 300}},
            # More often than the day it seals: a beat that sleeps at midnight misses nothing.
            "audit": {"task": "audit.seal_days", "schedule": 3600.0, "options": {"expires": 3600}},
        },
    )


@worker_init.connect
def forget_connections(**_: Any) -> None:
    """The main process has looked at models; its connections are not for threads to share."""
    from django.db import connections

    connections.close_all()


@worker_init.connect
def wait_for_services(**_: Any) -> None:
    """Take no work before database, queue and storage answer, and say by name which does not."""
    from miniatures_site import reachable

    reachable.wait()


@beat_init.connect
def begin_beat(**_: Any) -> None:
    """Say that the beat has begun, so that health does not take the time up to its first tick for its death."""
    from django.db import DatabaseError, connections

    from jobs.lifecycle import reaper_lock

    try:
        reaper_lock.record_beat_start()
        logger.info("The beat has begun.")
    except DatabaseError:
        # It may come up before the database; its ticks are written by workers.
        logger.warning("The database does not answer; the beat begins without a word.")
    finally:
        connections.close_all()


@beat_init.connect
def renew_with_each_tick(**_: Any) -> None:
    """Renew the beat's sign of life whenever it sends a tick."""
    alive.renew()
    before_task_publish.connect(_renew)


def _renew(**_: Any) -> None:
    alive.renew()


@celeryd_after_setup.connect
def listen_for_this_host(instance: Any, **_: Any) -> None:
    """Serve the queues of parts for this host too, beside those that the worker was told to serve."""
    from jobs.lifecycle import parts
    from jobs.rundir import identity

    queues = instance.app.amqp.queues
    for name in parts.own_queues(set(queues.consume_from), identity.host_id()):
        queues.select_add(name)


@worker_ready.connect
def announce(sender: Consumer, **_: Any) -> None:
    """Register this worker and start its heartbeat."""
    from jobs.lifecycle.claim import Worker
    from jobs.rundir import identity
    from jobs.supervisor.heartbeat import HEARTBEAT

    queues = ",".join(sorted(sender.app.amqp.queues.consume_from))
    HEARTBEAT.announce(Worker(sender.hostname, identity.host_id(), identity.boot_id()), queues)


@worker_shutting_down.connect
def leave(**_: Any) -> None:
    """Make supervisors release their jobs."""
    from jobs.supervisor.shutdown import SHUTDOWN

    SHUTDOWN.begin()


@worker_shutdown.connect
def withdraw(**_: Any) -> None:
    from jobs.supervisor.heartbeat import HEARTBEAT

    HEARTBEAT.withdraw()
