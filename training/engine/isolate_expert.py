"""`python -m training.engine.isolate_expert RUN_DIR`: one expert of each layer of a mixture as a dense student.

Two students are written: one of the experts that the router gives the most weight on the task's texts, and as a
control one of those it gives the least. Attention, norms and embeddings are those of the mixture, so a dense student
computes what the mixture would if its router always chose these experts. Families are known whose layers hold routed
experts and nothing beside them.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor
from transformers import MistralConfig, MistralForCausalLM, Qwen3Config, Qwen3ForCausalLM

from jobs.rundir import RunDir
from jobs.rundir.garbage import end_process
from training.engine import disk
from training.engine.contracts import HUB_TOKEN, Part, Stopped, StudentRef, TrainError
from training.engine.data import sft_rows
from training.engine.model import loading
from training.engine.model.unloaded import open_student
from training.engine.process import run_engine
from training.students import model_folder

TEXTS_READ: Final = 256
LONGEST: Final = 1024
# Dense families with the attention and norms of a family of mixtures.
DENSE: Final[dict[str, tuple[Any, Any]]] = {
    "mixtral": (MistralConfig, MistralForCausalLM),
    "qwen3_moe": (Qwen3Config, Qwen3ForCausalLM),
}
# Says beside the weights what they were taken from.
MANIFEST: Final = "isolated.json"
# Share of a GPU's free memory that weights may take, beside what a pass over one text takes.
GPU_SHARE: Final = 0.9
_ROUTED: Final = re.compile(r"model\.layers\.(\d+)\.mlp\.(gate\.weight|experts\.(gate_up_proj|down_proj))")


class IsolationSpec(Part):
    """A mixture, the task's texts in the run directory, and the folders that the two students are written to."""

    student: StudentRef
    texts_file: str
    most: str
    least: str
    allowed_roots: list[str]


def main(run: RunDir) -> int:
    """Isolate, and end the attempt; returns the process's exit status."""

    def work() -> int:
        spec = IsolationSpec.model_validate(run.spec.body)
        folders = {"most": Path(spec.most), "least": Path(spec.least)}
        # An attempt that died after it wrote a folder leaves it whole.
        if not all((folder / MANIFEST).is_file() for folder in folders.values()):
            _write(run, spec, folders)
        run.finish("succeeded", summary={choice: _facts(folder) for choice, folder in folders.items()})
        return 0

    return run_engine(work, finish=run.finish)


def routed_weight(model: Any, rows: Sequence[Tensor], report: Callable[[int], None] = lambda done: None) -> Tensor:
    """Share of the routing weight of each expert over all tokens, float (L, E); a layer's shares add up to 1.

    Args:
        model: A mixture in evaluation mode.
        rows: Token ids of the task's texts, (T,) each, at least one.
        report: Receives the number of texts that were read.
    """
    total: Any = 0
    with torch.no_grad():
        for done, row in enumerate(rows, 1):
            scores = model(row[None].to(model.device), output_router_logits=True).router_logits
            total = total + torch.stack([_kept(layer, model.config.num_experts_per_tok) for layer in scores]).cpu()
            report(done)
    shares: Tensor = total / total.sum(dim=1, keepdim=True)
    return shares


def isolate(model: Any, experts: Sequence[int]) -> Any:
    """A dense model with the weights of one expert a layer.

    Args:
        model: The mixture; left as it is.

    Raises:
        TrainError: Its family holds other layers too.
    """
    config_class, model_class = _dense_of(model.config)
    dense = model_class(_dense_config(model.config, config_class)).to(model.dtype).eval()
    taken: dict[str, Tensor] = {}
    for name, weight in model.state_dict().items():
        routed = _ROUTED.fullmatch(name)
        if routed is None:
            taken[name] = weight
        elif routed[3] is not None:
            taken |= _expert(int(routed[1]), routed[3], weight[experts[int(routed[1])]])
    dense.load_state_dict(taken)
    return dense


def _write(run: RunDir, spec: IsolationSpec, folders: dict[str, Path]) -> None:
    opened = open_student(spec.student, token=run.secrets().get(HUB_TOKEN), allowed_roots=spec.allowed_roots)
    _dense_of(opened.config)
    rows = sft_rows.encoded(run.path / spec.texts_file, opened.chat, max_rows=TEXTS_READ)
    stored = opened.config.dtype if isinstance(opened.config.dtype, torch.dtype) else torch.float32
    model = loading.load_weights(opened, dtype=stored).model
    model.to(_device(sum(weight.nbytes for weight in model.parameters())))

    def report(done: int) -> None:
        if run.stop_requested:
            raise Stopped
        run.emit("progress", done=done, total=len(rows), unit="texts")

    shares = routed_weight(model, [torch.tensor(row.ids[:LONGEST]) for row in rows], report)
    source = {"hub_id": spec.student.hub_id, "revision": spec.student.revision, "path": spec.student.path}
    for choice, experts in (("most", shares.argmax(dim=1)), ("least", shares.argmin(dim=1))):
        chosen = [int(expert) for expert in experts]
        about = {"mixture": source, "taken": choice, "experts": chosen, "shares": shares.tolist(), "texts": len(rows)}
        _save(isolate(model, chosen), opened.chat.tokenizer, about, folders[choice])


def _save(dense: Any, tokenizer: Any, about: dict[str, Any], folder: Path) -> None:
    """Write a student's folder whole: it takes its name once all of it is there."""
    disk.make_folder(folder.parent)
    draft = folder.with_name(f".{folder.name}")
    shutil.rmtree(draft, ignore_errors=True)
    with disk.whole_or_gone(draft):
        dense.save_pretrained(draft)
        tokenizer.save_pretrained(draft)
        (draft / MANIFEST).write_text(json.dumps(about), encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)


def _facts(folder: Path) -> dict[str, Any]:
    """Facts that a student is registered with."""
    facts = model_folder.inspect_folder(str(folder), roots=[folder])
    return {
        "path": str(facts.path),
        "manifest_sha256": model_folder.manifest_sha256(facts.path),
        "bytes": facts.bytes,
        "model_type": facts.model_type,
        "parameters": facts.parameters,
        "context_length": facts.context_length,
    }


def _device(size: int) -> str:
    fits = torch.cuda.is_available() and size < GPU_SHARE * torch.cuda.mem_get_info()[0]
    return "cuda" if fits else "cpu"


def _kept(logits: Tensor, count: int) -> Tensor:
    """Weight of each expert over tokens, (E,), from router scores (T, E): the best of each token share it."""
    best = logits.float().softmax(dim=-1).topk(count, dim=-1)
    shares = best.values / best.values.sum(dim=-1, keepdim=True)
    return torch.zeros_like(logits, dtype=torch.float32).scatter(1, best.indices, shares).sum(dim=0)


def _expert(layer: int, part: str, weight: Tensor) -> dict[str, Tensor]:
    stem = f"model.layers.{layer}.mlp"
    if part == "down_proj":
        return {f"{stem}.down_proj.weight": weight}
    gate, up = weight.chunk(2, dim=0)
    return {f"{stem}.gate_proj.weight": gate, f"{stem}.up_proj.weight": up}


def _dense_of(config: Any) -> tuple[Any, Any]:
    """Config and model of the dense family of a mixture.

    Raises:
        TrainError: It is no mixture, or one with other layers too.
    """
    has_other_layers = getattr(config, "mlp_only_layers", None) or getattr(config, "decoder_sparse_step", 1) != 1
    if config.model_type in DENSE and not has_other_layers:
        return DENSE[config.model_type]
    message = f"a student of the family {config.model_type} has layers whose experts cannot be isolated"
    hint = "Choose a Mixtral or a Qwen3 with experts: their layers hold routed experts and nothing beside them."
    raise TrainError("no_mixture", message, hint)


def _dense_config(config: Any, dense: Any) -> Any:
    of_dense = dense().to_dict().keys() - {"model_type", "architectures", "transformers_version"}
    shared = {name: value for name, value in config.to_dict().items() if name in of_dense}
    width = getattr(config, "moe_intermediate_size", config.intermediate_size)
    return dense(**{**shared, "intermediate_size": width})


if __name__ == "__main__":
    end_process(main(RunDir.open(Path(sys.argv[1]))))
