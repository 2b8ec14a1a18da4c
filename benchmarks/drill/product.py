"""The product on its hosts: web and beat at home, a worker on each other host, with production's settings."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from benchmarks.drill import network, services
from benchmarks.drill.network import FOLDER, HOME, HOSTS

ROOT = Path(__file__).resolve().parent.parent.parent
URL = f"http://{HOME}:8000"
PROVIDER_PORT = 9100
QUEUES = {"a": "default,generation,campaigns", "b": "training,evaluation", "c": "training,evaluation"}
STUDENTS = FOLDER / "students"
# Leases of seconds, so that a drill need not wait minutes for each fault.
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "miniatures_site.settings.prod", "SECRET_KEY": "drill-" * 10, "ALLOWED_HOSTS": HOME,
    "SECURE_SSL_REDIRECT": "0", "COOKIES_SECURE": "0", "DATABASE_URL": services.DATABASE_URL,
    "REDIS_URL": services.REDIS_URL, "STORAGE_URL": services.STORAGE_URL, "AWS_ACCESS_KEY_ID": "drill",
    "AWS_SECRET_ACCESS_KEY": "drill", "ALLOWED_PRIVATE_HOSTS": HOME, "DRILL_KEY": "sk-drill-0123456789abcdef",
    "ALLOWED_SECRETS": f"teacher:DRILL_KEY@{HOME}:{PROVIDER_PORT}",
    "JOB_LEASE_S": "8", "JOB_HEARTBEAT_S": "1", "JOB_REAPER_EVERY_S": "1", "JOB_RERING_S": "1", "WORKER_BEAT_S": "1",
    "JOB_MIN_FREE_DISK_MIB": "8", "JOB_STOP_GRACE_S": "5", "JOB_ENGINE_NICE": "0", "OMP_NUM_THREADS": "1",
    "NO_PROXY": "*", "LOG_LEVEL": "WARNING", "PYTHONPATH": str(ROOT), "STUDENT_ROOTS": str(STUDENTS),
    "EVALUATE_AFTER_RUNS": "0", "HF_HUB_OFFLINE": "1", "SERVING_REQUESTS_PER_MINUTE": "0",
    "SERVING_TOKENS_PER_MINUTE": "0", "SERVING_SPARE": "0",
}  # fmt: skip
WEB = (
    "uvicorn", "miniatures_site.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--log-level", "warning",
    "--http", "miniatures_site.server.slow_connections:TimedConnection", "--timeout-graceful-shutdown", "3",
)  # fmt: skip


class Product:
    """A running installation on four hosts.

    Args:
        backends: Servers of hosts a, b and c (`SERVING_BACKEND`); where none are named, each host chooses.
    """

    def __init__(self, disk_mib: int = 256, *, backends: Sequence[str] = ()) -> None:
        network.build(disk_mib)
        self.backends = dict(zip(HOSTS, backends, strict=False))
        self.postgres = services.Postgres()
        self.workers: dict[str, subprocess.Popen[bytes]] = {}
        self.kills = 0

    def start(self) -> None:
        """Start services, migrate, and start web and beat; this process is a Django of home from then on."""
        self.postgres.start()
        services.start_redis()
        services.start_storage()
        print("PostgreSQL, Redis and storage are up.", flush=True)
        os.environ.update(environment_of("home"))
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)
        run("web", *WEB)
        run("beat", "celery", "-A", "miniatures_site", "beat", "--schedule", str(FOLDER / "beat"), "--pidfile=")
        services.wait_for(lambda: services.answers(f"{URL}/livez"), "web")

    def start_worker(self, host: str, *, queues: str = "") -> None:
        """Start the worker of a host and wait until it is heard of."""
        from jobs.models import WorkerBeat

        self.kills += 1
        name = f"{host}{self.kills}@drill"
        line = (
            "celery",
            "-A",
            "miniatures_site",
            "worker",
            "-n",
            name,
            "--queues",
            queues or QUEUES[host],
            "-l",
            "warning",
        )
        pooled = ("--pool", "threads", "--concurrency", "4", "--without-gossip", "--without-mingle")
        server = {"SERVING_BACKEND": self.backends[host]} if host in self.backends else {}
        self.workers[host] = run(f"worker-{host}", *line, *pooled, host=host, more=server)
        services.wait_for(WorkerBeat.objects.filter(worker=name).exists, f"the worker on host {host}")

    def kill_worker(self, host: str) -> None:
        """Kill a host's worker alone; its engines stay."""
        os.killpg(self.workers[host].pid, signal.SIGKILL)
        self.workers[host].wait()

    def kill_host(self, host: str) -> None:
        """Kill all processes of a host, its engines among them."""
        network.kill_all_on(host)
        self.workers[host].wait()


def environment_of(host: str) -> dict[str, str]:
    """What the processes of a host are told, its own folder and name among it."""
    own = {"VAR_DIR": str(network.disk_of(host)), "MINIATURES_HOST_ID": f"drill-{host}"}
    if host in HOSTS:
        own |= {"SERVING_SOCKET": str(network.OWN / "engine.sock"), "SERVING_ADDRESS": network.address_of(host)}
    network.disk_of(host).mkdir(exist_ok=True)
    return {**ENVIRONMENT, **own}


def run(
    name: str, *line: str, host: str = "home", more: Mapping[str, str] = MappingProxyType({})
) -> subprocess.Popen[bytes]:
    """Start a Python module on a host, with more variables in its environment."""
    before = network.inside(host) if host in HOSTS else []
    return services.logged(name, [*before, sys.executable, "-m", *line], {**environment_of(host), **more}, ROOT)
