"""Choose the server of the field that serves on this host: by setting, else by what is installed here.

Runs in the worker on the serving host, whose programs and GPUs count.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from typing import Any, Final, Literal, cast

from django.conf import settings

from jobs.rundir import machine
from serving.promotions import url_server, vllm_limits
from serving.runtime import addresses
from web.errors import Refusal

Backend = Literal["own", "llama", "vllm", "url"]


def backend() -> Backend:
    """Return the backend of this host.

    `SERVING_BACKEND`, else llama.cpp where it is installed and there is no GPU, else our own engine.

    Raises:
        Refusal: The backend that is set is not installed here.
    """
    chosen = _installed() if settings.SERVING_BACKEND == "auto" else cast(Backend, settings.SERVING_BACKEND)
    if chosen == "llama" and not llama_server():
        raise Refusal(
            "no_llama_server",
            "SERVING_BACKEND is llama, and llama-server is not installed on this host.",
            hint="Put llama-server on the PATH of the worker, or name it in LLAMA_SERVER.",
        )
    if chosen == "vllm" and not shutil.which(settings.SERVING_VLLM_PYTHON):
        raise Refusal(
            "no_vllm",
            "SERVING_BACKEND is vllm, and vLLM is not installed on this host.",
            hint="Run make vllm, or name the Python that has it in SERVING_VLLM_PYTHON.",
        )
    return chosen


def options(chosen: Backend) -> dict[str, Any]:
    """Return what a backend is told of this host."""
    return OPTIONS[chosen]()


def llama_server() -> str:
    """Return the path of `llama-server` on this host; empty where there is none."""
    return shutil.which(settings.LLAMA_SERVER or "llama-server") or ""


def _installed() -> Backend:
    has_gpu = bool(machine.visible(machine.gpu_table(), os.environ.get(machine.VISIBLE)))
    return "llama" if not has_gpu and llama_server() else "own"


def _of_llama() -> dict[str, Any]:
    return {"program": llama_server(), "files": str(addresses.models_folder().with_name("gguf"))}


OPTIONS: Final[dict[Backend, Callable[[], dict[str, Any]]]] = {
    "own": dict,
    "llama": _of_llama,
    "vllm": vllm_limits.vllm_options,
    "url": url_server.url_options,
}
