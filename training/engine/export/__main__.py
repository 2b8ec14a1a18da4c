"""`python -m training.engine.export RUN_DIR`: write one miniature in one format.

An adapter is folded into its base in fp32, whatever the base is held in, and rounded once, when it is written.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Literal

import torch
from pydantic import Field

from jobs.rundir import RunDir
from jobs.rundir.garbage import end_process
from training.engine import disk
from training.engine.contracts import HUB_TOKEN, Part, StudentRef, TrainError, Ways
from training.engine.export import converter, ends, gguf_file, llama_cpp
from training.engine.model import loading
from training.engine.model.loading import LoadedStudent
from training.engine.process import run_engine

FOLDER = "export"
Format = Literal["merged", "gguf-f16", "gguf-q8", "gguf-q5", "gguf-q4"]


class ExportSpec(Part):
    """One miniature and one format.

    `artefact` is a folder inside the run directory: `adapter` files to lay over `student`, or a whole model. `name` is
    the stem of the file that is written. `converter` is llama.cpp's script or its folder; empty where none is
    installed.
    """

    student: StudentRef | None = None
    artefact: str
    method: Literal["lora", "full"]
    format: Format
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,119}$")
    title: str = ""
    licence: str = ""
    converter: str = ""
    allowed_roots: list[str] = Field(default_factory=list)
    ways: Ways = Ways()


class ExportSummary(Part):
    """Summary of what was written: tensors, numbers in them, and the format the matrices are held in."""

    format: Format
    tensors: int
    parameters: int
    dtype: str
    seconds: float


def main(run: RunDir) -> int:
    """Export, and end the attempt; returns the process's exit status."""

    def work() -> int:
        summary = export(run, ExportSpec.model_validate(run.spec.body))
        run.finish("succeeded", summary=summary.model_dump(), artefacts=[FOLDER])
        return 0

    return run_engine(work, finish=run.finish)


def export(run: RunDir, spec: ExportSpec) -> ExportSummary:
    """Load, fold, write.

    Raises:
        TrainError: The student or the adapter cannot be loaded, the disk has no room, or the format has no words for
            this student.
        Stopped: It was asked to; the half file is gone.
    """
    began = time.perf_counter()
    student = load(run, spec)
    target = run.path / FOLDER
    disk.make_folder(target)
    if spec.format == "merged":
        tensors, dtype = _write_merged(student, target), str(student.stored_dtype).removeprefix("torch.")
        run.emit("progress", done=tensors, total=tensors, unit="tensors")
    else:
        tensors, dtype = _write_gguf(run, spec, student, target)
    seconds = time.perf_counter() - began
    return ExportSummary(
        format=spec.format, tensors=tensors, parameters=student.parameters, dtype=dtype, seconds=seconds
    )


def _write_gguf(run: RunDir, spec: ExportSpec, student: LoadedStudent, target: Path) -> tuple[int, str]:
    """Write one GGUF file with its Modelfile: by llama.cpp's quantizer where it is here or nothing else will do."""
    kind = llama_cpp.KINDS.get(spec.format, "F16")
    is_theirs = kind != "F16" and (kind != "Q8_0" or llama_cpp.has_quantizer())
    file, whole = target / f"{spec.name}.{kind}.gguf", run.path / f"{spec.name}.F16.gguf"
    ours = whole if is_theirs else file
    write = _convert if spec.converter and (is_theirs or kind == "F16") else _write_ours
    tensors = write(run, spec, student, ours, quantised=kind == "Q8_0" and not is_theirs)
    if is_theirs:
        try:
            llama_cpp.quantise(whole, file, kind, should_stop=lambda: run.stop_requested)
        finally:
            whole.unlink(missing_ok=True)
        run.emit("log", level="info", message=f"{file.name}: written by {llama_cpp.QUANTIZER}")
    llama_cpp.write_modelfile(file, student.chat)
    return tensors, "float16" if kind == "F16" else kind.lower()


def _convert(run: RunDir, spec: ExportSpec, student: LoadedStudent, file: Path, *, quantised: bool) -> int:
    """Have llama.cpp's converter write the file; write it ourselves where it fails."""
    script = converter.script_of(spec.converter)
    try:
        tensors = converter.convert(
            student,
            file,
            script=script,
            title=spec.title,
            licence=spec.licence,
            should_stop=lambda: run.stop_requested,
        )
    except TrainError as error:
        if error.code != "gguf_not_converted":
            raise
        run.emit("log", level="warning", message=error.message)
        return _write_ours(run, spec, student, file, quantised=quantised)
    run.emit("log", level="info", message=f"{file.name}: written by {script.name}")
    return tensors


def _write_ours(run: RunDir, spec: ExportSpec, student: LoadedStudent, file: Path, *, quantised: bool) -> int:
    plan = gguf_file.gguf_contents(student, quantised=quantised)
    disk.require_room(file.parent, plan.bytes // disk.DISK_MARGIN)
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
    return len(plan.tensors)


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
    """Write safetensors for `from_pretrained`, in the format of the base."""
    size = student.parameters * student.stored_dtype.itemsize
    disk.require_room(target, size // disk.DISK_MARGIN)
    model = student.model.to(student.stored_dtype)
    with disk.whole_or_gone(target):
        model.save_pretrained(target)
        ends.write_tokenizer(target, student.chat, ends.generation_of(model))
    return sum(1 for _ in model.parameters())


if __name__ == "__main__":
    torch.set_grad_enabled(mode=False)
    end_process(main(RunDir.open(Path(sys.argv[1]))))
