"""One way to tune one student on this device: tokens a second, share of the device's peak, most memory held.

`ours` is the engine as a worker starts it, on a run directory; `trl` and `unsloth` are their trainers with packing and
Liger's kernels where these are installed. Called with one JSON object; the last line printed is one JSON object.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from benchmarks.gpu_cells import students
from jobs.contracts import SpecEnvelope
from jobs.rundir import write_spec
from training.engine.data.chat import open_chat
from training.recipes.schema import Recipe

# The first steps warm up kernels and the allocator; with torch.compile they compile.
WARM_UP = 0.4


def ours(folder: Path, cell: dict[str, Any]) -> dict[str, Any]:
    """The engine on a run directory; figures are those it reports."""
    recipe = Recipe.model_validate(
        {"epochs": 1, "max_length": students.CONTEXT, "eval_every_steps": 10**6, "sample_every_steps": 10**6,
         "checkpoint_every_steps": 10**6} | cell["recipe"]
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as temporary:
        run_dir = Path(temporary)
        students.write_rows(run_dir / "train.jsonl", cell["rows"], cell["count"])
        body = {"student": {"path": str(folder)}, "recipe": recipe.model_dump(mode="json"), "device": cell["device"],
                "train_file": "train.jsonl"}  # fmt: skip
        write_spec(run_dir, SpecEnvelope(job="by-hand", kind="training", fence=1, lease_s=3600, body=body))
        ended = subprocess.run([sys.executable, "-m", "training.engine", str(run_dir)], capture_output=True, text=True)
        result = json.loads((run_dir / "result.json").read_text())
        if result.get("error"):
            raise RuntimeError(f"{result['error']['code']}: {result['error']['message']}")
        if ended.returncode:
            raise RuntimeError(ended.stderr.strip().splitlines()[-1])
        told = [json.loads(line)["payload"] for line in (run_dir / "events.jsonl").read_text().splitlines()]
    metrics = [each for each in told if "tokens_per_s" in each]
    late = metrics[int(len(metrics) * WARM_UP) :]
    logs = [each["message"] for each in told if "message" in each]
    return {
        "tokens_per_s": statistics.median(each["tokens_per_s"] for each in late),
        "mfu": statistics.median(each["mfu"] for each in late) if all("mfu" in each for each in late) else None,
        "peak_gib": result["summary"]["peak_memory_gib"],
        "dtype": result["summary"]["dtype"],
        "notes": [line for line in logs if "padded" in line or "compiled" in line or "memory ran out" in line],
    }


def trl(folder: Path, cell: dict[str, Any]) -> dict[str, Any]:
    """TRL's SFTTrainer on the same rows and student, with packing, and Liger's kernels where they are installed."""
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast, TrainerCallback
    from trl import SFTConfig, SFTTrainer

    recipe = Recipe.model_validate(cell["recipe"])
    is_cuda = torch.cuda.is_available() and cell["device"] != "cpu"
    examples, times = _examples(folder, cell), _Times()
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16 if is_cuda else torch.float32)
    has_liger = is_cuda and _has("liger_kernel")
    rank = recipe.rank_for(sum(parameter.numel() for parameter in model.parameters()))
    with tempfile.TemporaryDirectory() as temporary:
        config = SFTConfig(
            output_dir=temporary, per_device_train_batch_size=1 if is_cuda else recipe.batch_size, num_train_epochs=1,
            gradient_accumulation_steps=recipe.accumulation, learning_rate=recipe.learning_rate,
            max_length=_line(examples, recipe.batch_size), packing=is_cuda, bf16=is_cuda, use_cpu=not is_cuda,
            gradient_checkpointing=False,
            completion_only_loss=True, use_liger_kernel=has_liger, report_to="none", save_strategy="no",
            disable_tqdm=True, logging_steps=1000,
        )  # fmt: skip
        adapter = LoraConfig(r=rank, lora_alpha=recipe.alpha, lora_dropout=recipe.dropout, task_type="CAUSAL_LM",
                             target_modules="all-linear") if recipe.method == "lora" else None  # fmt: skip
        trainer = SFTTrainer(
            model=model, args=config, train_dataset=Dataset.from_list(examples), peft_config=adapter,
            processing_class=PreTrainedTokenizerFast.from_pretrained(folder),
            callbacks=[times.callback(TrainerCallback)],
        )  # fmt: skip
        trainer.train()
    return times.figures(sum(len(each["input_ids"]) for each in examples)) | {
        "notes": [] if has_liger else ["without Liger's kernels: not installed here"]
    }


def unsloth(folder: Path, cell: dict[str, Any]) -> dict[str, Any]:
    """Unsloth's patched model under TRL's trainer, its own way to run."""
    # It replaces parts of transformers and TRL, so it must come first.
    from unsloth import FastLanguageModel  # type: ignore[import-not-found]  # isort: skip
    from datasets import Dataset
    from transformers import TrainerCallback
    from trl import SFTConfig, SFTTrainer

    recipe, examples, times = Recipe.model_validate(cell["recipe"]), _examples(folder, cell), _Times()
    line = _line(examples, recipe.batch_size)
    model, tokenizer = FastLanguageModel.from_pretrained(
        str(folder), max_seq_length=line, dtype=torch.bfloat16, load_in_4bit=False
    )
    model = FastLanguageModel.get_peft_model(model, r=recipe.rank or 16, lora_alpha=recipe.alpha, lora_dropout=0)
    with tempfile.TemporaryDirectory() as temporary:
        config = SFTConfig(
            output_dir=temporary, per_device_train_batch_size=1, num_train_epochs=1, bf16=True,
            gradient_accumulation_steps=recipe.accumulation, max_length=line, packing=True,
            report_to="none", save_strategy="no", disable_tqdm=True, logging_steps=1000,
        )  # fmt: skip
        SFTTrainer(
            model=model, args=config, train_dataset=Dataset.from_list(examples), processing_class=tokenizer,
            callbacks=[times.callback(TrainerCallback)],
        ).train()  # fmt: skip
    return times.figures(sum(len(each["input_ids"]) for each in examples)) | {"notes": []}


def _line(examples: Sequence[Mapping[str, Any]], rows: int) -> int:
    """Tokens of a packed line that holds as many as `rows` mean rows, and the longest row:
    a step of ours holds as many.
    """
    lengths = [len(each["input_ids"]) for each in examples]
    return max(max(lengths), round(sum(lengths) / len(lengths) * rows))


class _Times:
    """Seconds of each step of a trainer, and the most memory it held."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def callback(self, base: Any) -> Any:
        seconds = self.seconds

        class Timer(base):  # type: ignore[misc]
            def on_step_begin(self, *_: Any, **__: Any) -> None:
                _wait_for_device()
                self.began = time.perf_counter()

            def on_step_end(self, *_: Any, **__: Any) -> None:
                _wait_for_device()
                seconds.append(time.perf_counter() - self.began)

        return Timer()

    def figures(self, tokens: int) -> dict[str, Any]:
        """Steps hold about the same tokens each: an epoch's tokens over its steps, by the median of the later steps."""
        late = self.seconds[int(len(self.seconds) * WARM_UP) :]
        peak = torch.cuda.max_memory_allocated() / (1 << 30) if torch.cuda.is_available() else None
        return {"tokens_per_s": tokens / len(self.seconds) / statistics.median(late), "mfu": None, "peak_gib": peak}


def _wait_for_device() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def _examples(folder: Path, cell: dict[str, Any]) -> list[dict[str, Any]]:
    """Token ids as the engine makes them, so that all contenders read the same."""
    from transformers import PreTrainedTokenizerFast

    chat = open_chat(PreTrainedTokenizerFast.from_pretrained(folder))
    encoded = [chat.encode(row["prompt"], row["completion"]) for row in students.rows(cell["rows"], cell["count"])]
    return [{"input_ids": ids, "completion_mask": [0] * prompt + [1] * (len(ids) - prompt)} for ids, prompt in encoded]


def _has(module: str) -> bool:
    try:
        __import__(module)
    except ImportError:
        return False
    return True


def main() -> None:
    """Measure one cell."""
    cell = json.loads(sys.argv[1])
    folder = students.make_folder(cell["student"], Path(cell["students"]) / cell["student"])
    print(json.dumps({"ours": ours, "trl": trl, "unsloth": unsloth}[cell["by"]](folder, cell)))


if __name__ == "__main__":
    main()
