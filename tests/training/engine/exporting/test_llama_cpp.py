"""llama.cpp's quantizer at work, where it is installed; and what is said where it is not, or fails."""

from __future__ import annotations

import json
from pathlib import Path

import gguf
import pytest

from jobs.contracts import SpecEnvelope
from jobs.rundir import RunDir, write_spec
from tests import left_out
from training.engine.contracts import Stopped, TrainError
from training.engine.export import __main__ as exporting
from training.engine.export import llama_cpp

pytestmark = pytest.mark.engine


@pytest.fixture
def export(student, tmp_path):
    """Export a tiny student in a format; the folder it lies in."""

    def run(format: str, **more: str) -> Path:
        run_dir = tmp_path / format
        (run_dir / "artefact").mkdir(parents=True)
        for file in student().iterdir():
            (run_dir / "artefact" / file.name).write_bytes(file.read_bytes())
        body = {"artefact": "artefact", "method": "full", "format": format, "name": "tiny", **more}
        write_spec(run_dir, SpecEnvelope(job="1", kind="export", fence=1, lease_s=60, body=body))
        exporting.main(RunDir.open(run_dir))
        return run_dir

    return run


def program(folder: Path, monkeypatch, script: str) -> None:
    """Put a program of llama.cpp's name before all others on the PATH."""
    file = folder / llama_cpp.QUANTIZER
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def error_of(run_dir: Path) -> str:
    return json.loads((run_dir / "result.json").read_text())["error"]["code"]


@pytest.mark.llama
@pytest.mark.parametrize(("format", "name"), [("gguf-q4", "Q4_K_M"), ("gguf-q5", "Q5_K_M"), ("gguf-q8", "Q8_0")])
def test_its_blocks_are_written_with_every_tensor_and_a_modelfile(export, format, name, monkeypatch):
    monkeypatch.setenv("PATH", f"{Path(left_out.llama_server()).parent}:/usr/bin:/bin")

    run_dir = export(format)

    file = run_dir / "export" / f"tiny.{name}.gguf"
    reader = gguf.GGUFReader(file)
    assert int(reader.fields["general.file_type"].parts[-1][0]) == gguf.LlamaFileType[f"MOSTLY_{name}"]
    assert sorted(path.name for path in (run_dir / "export").iterdir()) == ["Modelfile", file.name]
    assert not list(run_dir.glob("*.gguf"))


def test_without_it_eight_bits_are_ours_and_fewer_are_refused(export, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    ours, refused = export("gguf-q8"), export("gguf-q4")

    assert (ours / "export/tiny.Q8_0.gguf").exists()
    assert (ours / "export/Modelfile").read_text() == 'FROM ./tiny.Q8_0.gguf\nPARAMETER stop "<|end|>"\n'
    assert error_of(refused) == "no_quantizer"
    assert not list(refused.rglob("*.gguf"))


@pytest.mark.parametrize("script", ["echo no room >&2; exit 3", 'cp "$1" "$2"; printf x | dd of="$2" bs=1 2>/dev/null'])
def test_a_program_that_fails_or_spoils_the_file_leaves_none(export, tmp_path, monkeypatch, script):
    program(tmp_path, monkeypatch, script)

    run_dir = export("gguf-q5")

    assert error_of(run_dir) == "gguf_not_quantised"
    assert not list(run_dir.rglob("*.gguf"))


def test_it_is_stopped_at_once(tmp_path, monkeypatch):
    program(tmp_path, monkeypatch, "exec sleep 60")

    with pytest.raises(Stopped):
        llama_cpp.quantise(tmp_path / "a", tmp_path / "b", "Q4_K_M", should_stop=lambda: True)


def test_a_missing_program_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(TrainError, match="llama-quantize"):
        llama_cpp.quantise(tmp_path / "a", tmp_path / "b", "Q4_K_M", should_stop=lambda: False)
