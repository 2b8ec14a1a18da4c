"""Lay what an engine reads into its run directory: rows, a miniature's files, and the spec. Verifies every hash.

Runs in a worker, outside any transaction. Knows storage and hashes; does not know how an engine works.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage

from review.models import DatasetFile, DatasetVersion
from training.engine.model.no_repeat_ngram import no_repeat_ngram
from training.inputs import heads, samples, tuning_data
from training.models import Miniature, Student, TrainingRun
from training.recipes.schema import Recipe
from training.states import RunPurpose
from training.students import model_folder, registration
from web.errors import Refusal

BLOCK_BYTES = 1 << 20
TRAIN_FILE, VALIDATION_FILE = "train.jsonl", "validation.jsonl"
START_FOLDER = "start"


def training_spec(run: TrainingRun, run_dir: Path) -> dict[str, Any]:
    """Body of a tuning run's spec; lays its rows into the directory.

    Raises:
        Refusal: A file's bytes or the student's folder are not what was registered.
    """
    recipe = Recipe.model_validate(run.recipe)
    files = tuning_data.tuning_data_of(run.dataset_version, recipe.reads)
    if files is None:
        raise Refusal("not_frozen", f"{run.dataset_version} is not frozen.")
    _copy_rows(files.validation, run_dir / VALIDATION_FILE)
    if run.sample:
        _lay_sample(run, run_dir / TRAIN_FILE)
    else:
        _copy_rows(files.train, run_dir / TRAIN_FILE)
    return {
        "student": student_ref(run.student, run),
        "recipe": run.recipe,
        "train_file": TRAIN_FILE,
        "validation_file": VALIDATION_FILE if files.validation.rows else None,
        "start": _start_spec(run.starts_from, run_dir) if run.starts_from else None,
        "teacher": student_ref(run.teacher, run) if run.teacher else None,
        "sample_prompts": _sample_prompts(run),
        "sample_no_repeat_ngram": no_repeat_ngram(run.taught),
        "device": run.device,
        "allowed_roots": registration.allowed_roots(),
        "heads": heads.heads_of(run.taught).model_dump(mode="json") if run.is_classifier else None,
        # Said only where it is so: what was recorded is known by the whole body.
        **({"leaves_out_too_long": True} if run.sample and samples.from_json(run.sample).leaves_out else {}),
    }


def _sample_prompts(run: TrainingRun) -> list[dict[str, Any]]:
    if run.is_classifier:
        return []
    # Samples of a study's or a sweep's many runs are not read, and would cost more time than small runs take.
    return tuning_data.sample_prompts(run) if run.purpose == RunPurpose.MINIATURE else []


def template_settings(run: TrainingRun) -> dict[str, Any]:
    """Return how the chat template of a run's student is read, then and ever after: on the day the run was launched."""
    return {"day": run.created_at.date().isoformat(), "thinks": run.student.thinks}


def student_ref(student: Student, run: TrainingRun) -> dict[str, Any]:
    """A student as engines name it for a run of its, its folder verified against the hash it was registered with.

    Raises:
        Refusal: Its files have changed since, or are not on this host.
    """
    folder, named = registration.folder_of(student), {"licence": student.licence, "ways": template_settings(run)}
    if folder is None:
        return {**named, "hub_id": student.hub_id, "revision": student.revision}
    facts = model_folder.inspect_folder(str(folder), roots=[Path(root) for root in registration.allowed_roots()])
    manifest = model_folder.manifest_sha256(facts.path)
    if not student.manifest_sha256:
        Student.objects.filter(pk=student.pk, manifest_sha256="").update(manifest_sha256=manifest)
    elif manifest != student.manifest_sha256:
        raise Refusal(
            "student_changed",
            f"The files of the student '{student.slug}' are not those that were registered.",
            hint="Put the registered files back, or register the folder under another path.",
        )
    return {**named, "path": str(facts.path), "name": student.name}


def miniature_files(miniature: Miniature, folder: Path) -> Path:
    """Copy a miniature's files from storage into a folder and return it.

    Raises:
        Refusal: A file is missing or is not what its run wrote.
    """
    stored_files(miniature.storage_prefix, miniature.files, folder)
    return folder


def stored_files(prefix: str, files: Iterable[Mapping[str, Any]], folder: Path) -> None:
    """Copy files that lie in storage under a prefix into a folder.

    Raises:
        Refusal: A file is missing, or its bytes do not have the hash.
    """
    for file in files:
        target = folder / file["path"]
        target.parent.mkdir(parents=True, exist_ok=True)
        _copy_verified(f"{prefix}/{file['path']}", target, file["sha256"])


def _start_spec(miniature: Miniature, run_dir: Path) -> dict[str, Any]:
    miniature_files(miniature, run_dir / START_FOLDER)
    return {"path": START_FOLDER, "method": miniature.method}


def copy_train_rows(version: DatasetVersion, target: Path) -> None:
    """Copy a frozen version's training rows, verified.

    Raises:
        Refusal: It is not frozen, or the file is not what was frozen.
    """
    files = tuning_data.tuning_data_of(version)
    if files is None:
        raise Refusal("not_frozen", f"{version} is not frozen.")
    _copy_rows(files.train, target)


def _copy_rows(file: DatasetFile, target: Path) -> None:
    _copy_verified(file.path, target, file.sha256)


def _lay_sample(run: TrainingRun, file: Path) -> None:
    sample = samples.from_json(run.sample)
    rows = samples.rows_of(run.dataset_version, sample)
    if tuning_data.hash_of(rows) != run.sample["rows_sha256"]:
        raise Refusal("sample_changed", f"The sample of {run.name} is not the one it was launched with.")
    _copy_rows(samples.train_file(run.dataset_version, sample.of, sample.reads), file)
    samples.keep_rows(file, rows, reads=sample.reads)


def _copy_verified(stored: str, target: Path, sha256: str) -> None:
    digest = hashlib.sha256()
    try:
        with default_storage.open(stored, "rb") as source, target.open("wb") as copy:
            while block := source.read(BLOCK_BYTES):
                digest.update(block)
                copy.write(block)
    except FileNotFoundError:
        raise Refusal(
            "artefact_missing", f"The stored file {stored} is missing.", hint="Restore it from a backup."
        ) from None
    if digest.hexdigest() != sha256:
        raise Refusal(
            "artefact_damaged", f"The stored file {stored} is not what was written.", hint="Restore it from a backup."
        )
