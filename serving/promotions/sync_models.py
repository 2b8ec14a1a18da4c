"""Lay what is promoted before the engine: each miniature's files once, verified, and the list of entries.

Runs in a worker on the engine's host, outside any transaction. A promotion starts the engine and tells a running one at
once: one at a time lays files and says what there is, so that a list never names what another has just swept.
"""

from __future__ import annotations

import fcntl
import logging
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings

from jobs.models import Job
from jobs.rundir.machine import GIB
from serving.promotions import queries, which_server
from serving.runtime import addresses, engine_client, replica_keys
from training.inputs import run_inputs
from training.models import Miniature
from training.students import registration
from web.errors import Refusal

logger = logging.getLogger(__name__)
LOCK = ".lock"
# What is being laid or taken away.
TEMPORARY_PREFIX = ".aside-"
# Files that an unexpected error kept away are tried again so often.
AGAIN_S = 30


def serving_spec(job: Job) -> dict[str, Any]:
    """Body of the spec of the engine that begins an attempt of a job on this host.

    Raises:
        Refusal: The backend that is set is not installed here.
    """
    backend = which_server.backend()
    return {
        "backend": backend,
        "options": which_server.options(backend),
        "socket": str(addresses.socket_path()),
        "models": model_entries(),
        "max_batch": settings.SERVING_MAX_BATCH,
        "max_waiting": settings.SERVING_MAX_WAITING,
        "max_weights_bytes": int(settings.SERVING_MAX_WEIGHTS_GIB * GIB) or None,
        "max_kv_bytes": int(settings.SERVING_MAX_KV_GIB * GIB) or None,
        "address": settings.SERVING_ADDRESS,
        "key_name": replica_keys.name_for(job) if settings.SERVING_ADDRESS else "",
        "allowed_roots": registration.allowed_roots(),
    }


def model_entries() -> list[dict[str, Any]]:
    """The engine's entry of every promoted miniature, files laid; one that cannot be laid says why."""
    with _folder_lock():
        return _entries()[0]


def update_engine() -> tuple[dict[str, Any] | None, list[str]]:
    """Give a running engine the models that are promoted now.

    Returns:
        Its state, None when none answers: it reads them as it starts. And names of those that are to be tried again.
    """
    with _folder_lock():
        models, away = _entries()
        return engine_client.set_models(models), away


@contextmanager
def _folder_lock() -> Iterator[None]:
    """Lock this host's folder of models against threads and processes."""
    folder = addresses.models_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _entries() -> tuple[list[dict[str, Any]], list[str]]:
    """Entries of what is served, and names of those that an unexpected error kept away, to be tried again."""
    models, away = [], []
    miniatures = [writer.miniature for writer in queries.served_miniatures()]
    for miniature in miniatures:
        try:
            models.append(_entry(miniature) | _files(miniature))
        except Exception as error:
            logger.exception("%s is not served.", miniature.slug)
            away += [] if isinstance(error, Refusal) else [miniature.slug]
    _sweep({miniature.manifest_sha256[:32] for miniature in miniatures})
    return models, away + [entry["name"] for entry in models if entry.get("again_s")]


def secret_refs(job: Job) -> list[str]:
    served = queries.served_miniatures()
    names = {name for writer in served for name in registration.secret_refs(writer.miniature.student)}
    if settings.SERVING_BACKEND == "url":
        names |= set(which_server.url_secret_refs())
    return sorted(names | ({replica_keys.name_for(job)} if settings.SERVING_ADDRESS else set()))


def _entry(miniature: Miniature) -> dict[str, Any]:
    return {
        "name": miniature.slug,
        "method": miniature.method,
        "ways": run_inputs.template_settings(miniature.run),
        "base": run_inputs.student_ref(miniature.student, miniature.run) if miniature.method == "lora" else None,
        "task": miniature.run.taught.canonical(),
        "manifest_sha256": miniature.manifest_sha256,
    }


def _files(miniature: Miniature) -> dict[str, Any]:
    """Return the folder of a miniature's files; where they cannot be laid, none and the reason."""
    try:
        return {"folder": str(_model_folder(miniature))}
    except Refusal as refusal:
        why = f"{refusal.message} {refusal.hint}".strip()
        logger.error("%s is not served: %s", miniature.slug, why)
    except Exception as error:
        # A disk that is full or a storage that is away takes one out of service, not all.
        logger.exception("%s is not served.", miniature.slug)
        why = f"its files could not be written on its host ({type(error).__name__}); it is tried again."
        return {"folder": "", "unlaid": why, "again_s": AGAIN_S}
    return {"folder": "", "unlaid": why}


def _model_folder(miniature: Miniature) -> Path:
    """Folder of a miniature's files, named by their hash; an incomplete one is written again."""
    folder = _folder_of(miniature)
    if is_laid(miniature):
        return folder
    scratch = Path(tempfile.mkdtemp(prefix=TEMPORARY_PREFIX, dir=folder.parent))
    try:
        run_inputs.miniature_files(miniature, scratch)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    _remove(folder)
    scratch.replace(folder)
    return folder


def is_laid(miniature: Miniature) -> bool:
    """Check the length of every file of a miniature on this host; bytes were compared when it was written."""
    folder = _folder_of(miniature)
    try:
        return all((folder / file["path"]).stat().st_size == file["bytes"] for file in miniature.files)
    except OSError:
        return False


def _folder_of(miniature: Miniature) -> Path:
    return addresses.models_folder() / miniature.manifest_sha256[:32]


def _sweep(folder_names: set[str]) -> None:
    """Remove files of retired miniatures; an engine holds those it read in memory.

    Half-written folders go too: no other process is writing them.
    """
    for path in addresses.models_folder().iterdir():
        if path.name not in folder_names and path.name != LOCK:
            _remove(path)


def _remove(folder: Path) -> None:
    """Rename a folder before deleting it, so that it never exists in part under its name."""
    if not folder.exists():
        return
    if not folder.name.startswith(TEMPORARY_PREFIX):
        folder = folder.rename(folder.with_name(f"{TEMPORARY_PREFIX}{folder.name}"))
    shutil.rmtree(folder, ignore_errors=True)
