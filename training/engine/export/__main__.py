"""`python -m training.engine.export RUN_DIR`: write one miniature in one format.

An adapter is folded into its base in fp32, whatever the base is held in, and rounded once, when it is written. It
does not know where the files go.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import torch
from pydantic import ValidationError
from transformers.utils import logging as transformers_logging

from jobs.rundir import EngineError, RunDir
from training.engine import disk
from training.engine.contracts import HUB_TOKEN, StudentRef, TrainError
from training.engine.export import gguf_file
from training.engine.export.contracts import ExportSpec, ExportSummary
from training.engine.model import loading
from training.engine.model.loading import LoadedStudent

FOLDER = "export"


def main(run: RunDir) -> int:
    """Export, and end the attempt as it went; returns the process's exit status."""
    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        summary = export(run, ExportSpec.model_validate(run.spec.body))
    except gguf_file.ExportStopped:
        run.finish("stopped")
        return 0
    except ValidationError as error:
        first = error.errors()[0]
        return _fail(run, TrainError("bad_spec", f"{first['loc']}: {first['msg']}"))
    except TrainError as error:
        return _fail(run, error)
    run.finish("succeeded", summary=summary.model_dump(), artefacts=[FOLDER])
    return 0


def export(run: RunDir, spec: ExportSpec) -> ExportSummary:
    """Load, fold, write.

    Raises:
        TrainError: The student or the adapter cannot be loaded, the disk has no room, or the format has no words for
            this student.
        gguf_file.Stopped: Asked to stop.
    """
    began = time.perf_counter()
    student = load(run, spec)
    target = run.path / FOLDER
    disk.make_folder(target)
    if spec.format == "merged":
        tensors, dtype = _write_merged(student, target), str(student.stored_dtype).removeprefix("torch.")
        run.emit("progress", done=tensors, total=tensors, unit="tensors")
    else:
        file = target / f"{spec.name}.{'F16' if spec.format == 'gguf-f16' else 'Q8_0'}.gguf"
        plan = gguf_file.gguf_contents(student, quantised=spec.format == "gguf-q8")
        disk.require_room(target, plan.bytes // disk.DISK_MARGIN)
        gguf_file.write(
            file,
            plan,
            title=spec.title,
            licence=spec.licence,
            report=lambda done, total: run.emit("progress", done=done, total=total, unit="tensors"),
            should_stop=lambda: run.stop_requested,
        )
        gguf_file.verify(file, plan, should_stop=lambda: run.stop_requested)
        run.emit("log", level="info", message=f"{file.name}: read back, every tensor is what was written")
        tensors, dtype = len(plan.tensors), "q8_0" if spec.format == "gguf-q8" else "float16"
    seconds = time.perf_counter() - began
    return ExportSummary(
        format=spec.format, tensors=tensors, parameters=student.parameters, dtype=dtype, seconds=seconds
    )


def load(run: RunDir, spec: ExportSpec) -> LoadedStudent:
    """The miniature as a whole model in fp32, with the tokenizer it was tuned with."""
    artefact = run.path / spec.artefact
    if spec.method == "full":
        return loading.load(StudentRef(path=str(artefact), ways=spec.ways), dtype=torch.float32)
    if spec.student is None:
        raise TrainError("no_base", "an adapter needs the student it was tuned on")
    token = run.secrets().get(HUB_TOKEN)
    base = loading.load(spec.student, dtype=torch.float32, token=token, allowed_roots=spec.allowed_roots)
    return loading.load_tuned(base, artefact)


def _write_merged(student: LoadedStudent, target: Path) -> int:
    """Safetensors as `from_pretrained` reads them, in the format the base came in."""
    size = student.parameters * student.stored_dtype.itemsize
    disk.require_room(target, size // disk.DISK_MARGIN)
    model = student.model.to(student.stored_dtype)
    with disk.whole_or_gone(target):
        model.save_pretrained(target)
        student.chat.tokenizer.save_pretrained(target)
    return sum(1 for _ in model.parameters())


def _fail(run: RunDir, error: TrainError) -> int:
    run.finish("failed", error=EngineError(code=error.code, message=error.message, hint=error.hint))
    return 1


if __name__ == "__main__":
    torch.set_grad_enabled(mode=False)
    sys.exit(main(RunDir.open(Path(sys.argv[1]))))
