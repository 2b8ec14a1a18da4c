"""Keys between web processes and replicas on other hosts: one an attempt, derived from SECRET_KEY, stored nowhere."""

from __future__ import annotations

from typing import Final

from django.utils.crypto import salted_hmac

from jobs.models import Job

PREFIX: Final = "SERVING_REPLICA_KEY_"
_SALT: Final = "serving.replica-key"


def name_for(job: Job) -> str:
    """Name of the secret that the engine of the job's attempt is handed."""
    return f"{PREFIX}{job.pk.hex.upper()}_{job.run_fence}"


def make(name: str) -> str:
    """Return the key of this name."""
    return salted_hmac(_SALT, name, algorithm="sha256").hexdigest()
