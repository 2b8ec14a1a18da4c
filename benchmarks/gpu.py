"""Tuning and serving at the paper's sizes on a GPU, beside TRL, Unsloth and vLLM where they are installed.

    python -m benchmarks.gpu [--stage formats sizes layouts serving] [--cells PATTERN] [--students FOLDER]
    python -m benchmarks.gpu --rehearse      # the same path with a tiny student on a CPU; writes nothing
    python -m benchmarks.gpu --page          # only writes the page again

Each cell is a process of its own with a time limit, so that one that fails leaves the others; each stage keeps under
eight minutes and its results at once. Results are kept in `docs/gpu.json` with date and device, and `docs/gpu.md` is
written from them: what was not measured says so there. The last line of output is one JSON object.
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from benchmarks.gpu_cells.page import page
from training.recipes.schema import Recipe

ROOT: Final = Path(__file__).resolve().parent.parent
RESULTS: Final = ROOT / "docs" / "gpu.json"
PAGE: Final = ROOT / "docs" / "gpu.md"
STAGE_S: Final = 470
CELL_S: Final = 150
Cell = dict[str, Any]


def tuning(
    student: str, how: str, rows: str, recipe: dict[str, Any], *, by: str = "ours", count: int = 24, batch_size: int = 1
) -> Cell:
    """A way to tune a student; `how` names it beside the others of the student."""
    return {
        "name": f"{student} {how} {rows}{'' if by == 'ours' else ' ' + by}", "program": "tuning", "student": student,
        "how": f"{how}, {'rows of mixed lengths' if rows == 'mixed' else f'{int(rows):,} tokens'}", "by": by,
        "rows": rows, "count": count, "device": "cuda",
        "recipe": Recipe.model_validate({"batch_size": batch_size, "dropout": 0.0,
            **recipe}).model_dump(exclude_unset=True),
    }  # fmt: skip


def serving(student: str, by: str) -> Cell:
    """Writing for many clients at once."""
    return {
        "name": f"{student} served by {by}", "program": "serving", "student": student, "by": by, "device": "cuda",
        "clients": [1, 16, 64], "prompt_tokens": 512, "new_tokens": 256,
    }  # fmt: skip


LORA, FULL = {"method": "lora"}, {"method": "full", "learning_rate": 2e-5}
QLORA = LORA | {"quantise": "nf4"}


def stages() -> dict[str, list[Cell]]:
    """All cells, by stage, those that matter most first."""
    llama, small, large = "llama-3.2-1b", "gemma-3-4b", "gemma-3-12b"
    formats = [
        tuning(llama, f"{name} {dtype}", "8192", recipe | {"dtype": dtype})
        for name, recipe in (("LoRA", LORA), ("full", FULL))
        for dtype in ("bf16", "fp32", "fp16")
    ]
    formats.insert(0, tuning(llama, "LoRA bf16, compiled", "8192", LORA | {"dtype": "bf16", "compile": "on"}))
    formats += [
        tuning("gemma-3-1b", f"{name} bf16", "8192", way | {"dtype": "bf16"})
        for name, way in (("LoRA", LORA), ("full", FULL))
    ]
    sizes = [
        tuning(small, "LoRA bf16", "8192", LORA), tuning(large, "LoRA bf16", "8192", LORA, count=12),
        tuning(small, "full bf16", "8192", FULL, count=12), tuning(small, "QLoRA bf16", "8192", QLORA),
        tuning(large, "QLoRA bf16", "8192", QLORA, count=12), tuning(small, "LoRA bf16", "16384", LORA, count=12),
        tuning(large, "LoRA bf16", "16384", LORA, count=12),
    ]  # fmt: skip
    mixed = {"rows": "mixed", "count": 480, "batch_size": 8}
    layouts = [
        tuning(llama, "LoRA bf16, packed", recipe=LORA | {"packing": "on", "compile": "off"}, **mixed),
        tuning(llama, "LoRA bf16, padded", recipe=LORA | {"packing": "off", "compile": "off"}, **mixed),
        tuning(llama, "LoRA bf16, packed and compiled", recipe=LORA | {"packing": "on", "compile": "on"}, **mixed),
        tuning(llama, "LoRA bf16, packed", recipe=LORA, by="trl", **mixed),
        tuning(llama, "LoRA bf16, packed", recipe=LORA, by="unsloth", **mixed),
        tuning(small, "LoRA bf16, packed", recipe=LORA | {"packing": "on", "compile": "off"}, **mixed | {"count": 160}),
        tuning(small, "LoRA bf16, packed", recipe=LORA, by="trl", **mixed | {"count": 160}),
    ]
    served = [serving(name, by) for name in (llama, small) for by in ("ours", "vllm")]
    return {"formats": formats, "sizes": sizes, "layouts": layouts, "serving": served}


def rehearsal() -> dict[str, list[Cell]]:
    """The same programs on a CPU with a tiny student: that they run, not how fast."""
    tuned = [
        tuning("tiny", "LoRA fp32", "128", LORA | {"dtype": "fp32"}, count=8),
        tuning("tiny", "LoRA fp32", "128", LORA | {"dtype": "fp32"}, by="trl", count=8),
    ]
    served = [serving("tiny", "ours") | {"clients": [2], "prompt_tokens": 32, "new_tokens": 8}]
    return {
        name: [cell | {"device": "cpu"} for cell in cells] for name, cells in (("tuning", tuned), ("serving", served))
    }


def run_stage(cells: Sequence[Cell], students: Path, keep: Any) -> None:
    """Measure the cells of a stage one after the other while its time lasts; `keep` is called after each."""
    ends = time.monotonic() + STAGE_S
    for cell in cells:
        left = ends - time.monotonic()
        if left < 20:
            keep(cell, {"failed": "the stage's time was over"})
            continue
        keep(cell, measure(cell | {"students": str(students)}, min(CELL_S, left)))


def measure(cell: Cell, limit_s: float) -> dict[str, Any]:
    """One cell in a process of its own: its figures, or why there are none."""
    line = [sys.executable, "-W", "ignore", "-m", f"benchmarks.gpu_cells.{cell['program']}", json.dumps(cell)]
    try:
        ended = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=limit_s, check=False)
    except subprocess.TimeoutExpired:
        return {"failed": f"not done within {limit_s:.0f} s"}
    if ended.returncode:
        return {"failed": (ended.stderr.strip().splitlines() or ["it ended without a word"])[-1][:160]}
    figures: dict[str, Any] = json.loads(ended.stdout.strip().splitlines()[-1])
    return figures


def device_name() -> str:
    """The first GPU as torch names it, and torch's version; empty where either is missing."""
    if find_spec("torch") is None:
        return ""
    import torch

    return f"{torch.cuda.get_device_name(0)}, torch {torch.__version__}" if torch.cuda.is_available() else ""


def kept() -> dict[str, dict[str, Any]]:
    """Results of earlier runs."""
    found: dict[str, dict[str, Any]] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    return found


def write(results: Mapping[str, Mapping[str, Any]]) -> None:
    """Keep results, and write the page from them."""
    RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
    PAGE.write_text(page(results, stages()))


def main() -> None:
    """Measure, and print the results; the last line is JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stage", nargs="+", choices=[*stages()], default=[*stages()])
    parser.add_argument("--cells", default="", help="only those whose names match this regular expression")
    parser.add_argument("--students", type=Path, help="where students are made, and found again")
    parser.add_argument("--rehearse", action="store_true")
    parser.add_argument("--page", action="store_true")
    chosen = parser.parse_args()
    results: dict[str, dict[str, Any]] = {} if chosen.rehearse else kept()
    device = "CPU, rehearsed" if chosen.rehearse else device_name()
    if not chosen.page and not device:
        sys.exit(
            "There is no NVIDIA GPU here, or no torch. Try --rehearse for the same path on a CPU, "
            "or --page for the page."
        )

    began = time.monotonic()

    def keep(cell: Cell, figures: dict[str, Any]) -> None:
        print(f"{cell['name']} ({time.monotonic() - began:.0f} s): {figures}", flush=True)
        results[cell["name"]] = figures | {"device": device, "date": datetime.date.today().isoformat()}
        if not chosen.rehearse:
            write(results)

    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.students or Path(temporary)
        plan = (
            rehearsal()
            if chosen.rehearse
            else {
                name: [cell for cell in stages()[name] if re.search(chosen.cells, cell["name"])]
                for name in chosen.stage
            }
        )
        for cells in () if chosen.page else plan.values():
            run_stage(cells, folder, keep)
    if chosen.page:
        write(results)
    if chosen.rehearse:
        print(page(results, rehearsal()))
    print(json.dumps(results))


if __name__ == "__main__":
    main()
