"""GGUF files of miniatures, written once beside the laid models.

`HASH.F16.gguf`, and what a relay must know of it in `HASH.json`.

An adapter is folded into its base; the file is one of our own exporter's, read back and compared.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

import torch

from jobs.rundir.durable import sha256_of
from serving.backends.contracts import NotServableError
from serving.engine.contracts import ModelEntry
from training.engine.classifier.loading import has_heads
from training.engine.contracts import TrainError
from training.engine.data.chat import Chat
from training.engine.export import families, gguf_file
from training.engine.model import loading
from training.engine.model.loading import LoadedStudent
from training.engine.model.unloaded import open_student

# Raised whenever the same miniature gives another file.
FILE_VERSION: Final = 1


@dataclass(frozen=True)
class FileFacts:
    """Facts of a file that its tokenizer and config alone do not tell.

    `kv_bytes_per_token` is in fp16, as llama.cpp keeps it.
    """

    stops: list[int]
    context_length: int | None
    vocabulary: int
    parameters: int
    kv_bytes_per_token: int
    sha256: str


@dataclass(frozen=True)
class GgufModel:
    """One miniature's file, with its chat."""

    path: Path
    chat: Chat
    facts: FileFacts

    @property
    def bytes(self) -> int:
        return self.path.stat().st_size


def file_key(entry: ModelEntry) -> str:
    """Return what the file of a miniature and its chat depend on, as a name."""
    base = entry.base.model_dump_json() if entry.base else ""
    parts = (str(FILE_VERSION), entry.manifest_sha256, base, entry.ways.model_dump_json())
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]


def open_model(folder: Path, entry: ModelEntry, *, token: str | None, allowed_roots: tuple[str, ...]) -> GgufModel:
    """Write a miniature's file where it is not there yet; takes a second to minutes, in a thread.

    Raises:
        NotServableError: llama.cpp, or our exporter, does not know its family, tokenizer or kind.
    """
    if has_heads(entry.artefact):
        raise NotServableError("it tells labels by heads of its own")
    try:
        ref, roots = entry.source(allowed_roots)
        opened = open_student(ref, token=token, allowed_roots=roots)
        families.family_of(opened.config.get_text_config())
        path, facts_path = folder / f"{file_key(entry)}.F16.gguf", folder / f"{file_key(entry)}.json"
        if not (path.exists() and facts_path.exists()):
            student = loading.load(ref, dtype=torch.float32, token=token, allowed_roots=roots)
            if entry.method == "lora":
                student = loading.load_tuned(student, entry.artefact)
            _write(path, facts_path, student)
        facts = FileFacts(**json.loads(facts_path.read_text()))
    except TrainError as error:
        raise NotServableError(error.message) from None
    return GgufModel(path, replace(opened.chat, stops=opened.chat.stops | set(facts.stops)), facts)


def sweep(folder: Path, entries: list[ModelEntry]) -> None:
    """Remove the files of miniatures that are served no more; a half of one that is served may be under way."""
    kept = {file_key(entry) for entry in entries}
    for path in folder.iterdir():
        if path.name.removeprefix(".").partition(".")[0] not in kept:
            path.unlink(missing_ok=True)


def _write(path: Path, facts_path: Path, student: LoadedStudent) -> None:
    plan = gguf_file.gguf_contents(student, quantised=False)
    never = {"should_stop": lambda: False}
    gguf_file.write(path, plan, title="", licence="", report=lambda _done, _total: None, **never)
    gguf_file.verify(path, plan, **never)
    facts = FileFacts(
        stops=sorted(student.chat.stops),
        context_length=student.context_length,
        vocabulary=int(plan.config.vocab_size),
        parameters=student.parameters,
        kv_bytes_per_token=families.kv_bytes_per_token(plan.config),
        sha256=sha256_of(path),
    )
    scratch = facts_path.with_name(f".{facts_path.name}.{os.getpid()}")
    scratch.write_text(json.dumps(asdict(facts)))
    scratch.replace(facts_path)
