"""Lay what is promoted before the engine: each miniature's files once, verified, and the list of entries.

Runs in a worker on the engine's host, outside any transaction.
"""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path
from typing import Any

from django.conf import settings

from serving import addresses, link
from serving.selectors import promoted
from training.models import Miniature
from training.services import lay, students
from web.errors import Refusal

logger = logging.getLogger(__name__)
GIB = 1 << 30


def spec() -> dict[str, Any]:
    """Body of the engine's spec."""
    return {
        "socket": str(addresses.socket_path()),
        "models": entries(),
        "max_batch": settings.SERVING_MAX_BATCH,
        "max_waiting": settings.SERVING_MAX_WAITING,
        "max_weights_bytes": int(settings.SERVING_MAX_WEIGHTS_GIB * GIB),
        "allowed_roots": students.allowed_roots(),
    }


def entries() -> list[dict[str, Any]]:
    """The engine's entry of every promoted miniature, files laid. One that cannot be laid is left out, with a word."""
    found = []
    for writer in promoted.writers():
        try:
            found.append(_entry(writer.miniature))
        except Refusal as refusal:
            logger.error("%s is not served: %s %s", writer.name, refusal.message, refusal.hint)
    _sweep({entry["manifest_sha256"][:32] for entry in found})
    return found


def update_engine() -> dict[str, Any] | None:
    """Give a running engine the models that are promoted now; None when none answers: it reads them as it starts."""
    return link.know(entries())


def secret_refs() -> list[str]:
    """Names of the secrets the engine needs."""
    return sorted({name for writer in promoted.writers() for name in students.secret_refs(writer.miniature.student)})


def _entry(miniature: Miniature) -> dict[str, Any]:
    return {
        "name": miniature.slug,
        "folder": str(_laid(miniature)),
        "method": miniature.method,
        "base": lay.student_ref(miniature.student) if miniature.method == "lora" else None,
        "task": miniature.run.task_version.spec.canonical(),
        "manifest_sha256": miniature.manifest_sha256,
    }


def _laid(miniature: Miniature) -> Path:
    """The folder with a miniature's files; named by their hash, so what is there is whole."""
    folder = addresses.models_folder() / miniature.manifest_sha256[:32]
    if folder.is_dir():
        return folder
    beside = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    lay.miniature_files(miniature, beside)
    try:
        beside.replace(folder)
    except OSError:
        # Another worker was first, with the same bytes.
        shutil.rmtree(beside, ignore_errors=True)
    return folder


def _sweep(wanted: set[str]) -> None:
    """Remove files of miniatures that are served no longer; an engine that read them holds them in memory."""
    folder = addresses.models_folder()
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if path.name not in wanted and not path.name.startswith("."):
            shutil.rmtree(path, ignore_errors=True)
