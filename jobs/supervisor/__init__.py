"""What a worker does when the bell rings: claim a job, carry it, tell how it ended."""

from jobs.services.claiming import AttemptLost
from jobs.supervisor.carry import carry

__all__ = ["AttemptLost", "carry"]
