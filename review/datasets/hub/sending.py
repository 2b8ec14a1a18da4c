"""A push to a hub from its spec to its exit status: what every engine that sends there does around its own work."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

from pydantic import ValidationError

from jobs.rundir import EngineError, RunDir
from review.datasets.hub.contracts import HubSpec
from web.disk import full_disk

Spec = TypeVar("Spec", bound=HubSpec)


class HubRefusedError(Exception):
    """A push that the engine itself refuses; nothing was sent."""

    def __init__(self, error: EngineError) -> None:
        super().__init__(error.message)
        self.error = error


def run_push(run: RunDir, spec_type: type[Spec], send: Callable[[RunDir, Spec, str], int]) -> int:
    """Send, and end the attempt as it went.

    Args:
        send: Takes the spec and the token, finishes the attempt where nothing failed, and returns its exit status.

    Returns:
        The process's exit status.
    """
    try:
        spec = spec_type.model_validate(run.spec.body)
        if spec.endpoint:
            # The libraries read these once, when they are imported; a hub of one's own speaks LFS, not the newer
            # protocol.
            os.environ |= {"HF_ENDPOINT": spec.endpoint, "HF_HUB_DISABLE_XET": "1"}
        return send(run, spec, run.secrets()[spec.token])
    except Exception as error:
        run.finish("failed", error=_explained(error))
    return 1


def _explained(error: Exception) -> EngineError:
    if isinstance(error, HubRefusedError):
        return error.error
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return EngineError(code="bad_spec", message=f"{first['loc']}: {first['msg']}")
    if isinstance(error, ImportError):
        return EngineError(
            code="no_library",
            message=f"The library to reach hubs is not installed ({error.name}).",
            hint="Install it where the workers run: pip install 'miniatures[hub]'.",
        )
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status in (401, 403):
        return EngineError(
            code="hub_refused",
            message=f"The hub did not take the token ({status}).",
            hint="Check that the secret's token may write to this repository.",
        )
    if full_disk.is_full(error):
        hint = "Free some room on the disk of this host's runs, then resume the job."
        return EngineError(code="disk_full", message=f"The disk filled up: {error}"[:500], hint=hint)
    return EngineError(code="hub_failed", message=f"{type(error).__name__}: {error}"[:500])
