"""Choose the server of the field that serves on this host: by setting, else by what is installed here.

Runs in the worker on the serving host, whose programs and GPUs count.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from typing import Any, Final, Literal, cast

from django.conf import settings

from generation.models import Teacher
from generation.states import Provider
from generation.teachers import addresses as teacher_addresses
from jobs.rundir import machine
from jobs.secrets import allow_list
from jobs.secrets.allow_list import SecretUse
from serving.promotions import vllm_limits
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


def url_options() -> dict[str, Any]:
    """Options of the backend `url`: address and key are those of a teacher's row, and so are the rules that check them.

    Raises:
        Refusal: `no_url_server`, there is no such teacher; `base_url`, its address may not be called.
    """
    teacher = _teacher()
    teacher_addresses.check(teacher.base_url)
    return {
        "base_url": teacher.base_url,
        "secret_ref": teacher.secret_ref,
        "private_hosts": teacher_addresses.private_hosts(),
        "way": settings.SERVING_URL_WAY,
        "names": settings.SERVING_URL_NAMES,
    }


def url_secret_refs() -> list[str]:
    """Name of the key of the server of `url`, if it has one. The last look before the key is handed over.

    Raises:
        Refusal: The key may not be sent to the server's address.
    """
    teacher = _teacher()
    if not teacher.secret_ref:
        return []
    allow_list.require(teacher.secret_ref, use=SecretUse.TEACHER, url=teacher.base_url, field="teacher")
    return [teacher.secret_ref]


def _teacher() -> Teacher:
    rows = Teacher.objects.filter(slug=settings.SERVING_URL_TEACHER, provider=Provider.COMPATIBLE).exclude(base_url="")
    teacher = rows.first()
    if teacher is None:
        raise Refusal(
            "no_url_server",
            "SERVING_BACKEND is url, and no OpenAI-compatible server is connected as "
            f"'{settings.SERVING_URL_TEACHER}'.",
            hint="Connect it on the page Teachers, with its address and key, and name its slug in SERVING_URL_TEACHER.",
        )
    return teacher


OPTIONS: Final[dict[Backend, Callable[[], dict[str, Any]]]] = {
    "own": dict,
    "llama": _of_llama,
    "vllm": vllm_limits.vllm_options,
    "url": url_options,
}
