"""`python -m training.engine.isolate_expert MOE TEXTS OUT`: one expert of each layer of a mixture as a dense student of its own.

In each layer the expert is taken that the router gives the most weight on the task's texts. Attention, norms and embeddings are those of the
mixture, so the dense student computes what the mixture would if its router always chose these experts. Mixtral is known: there a layer
is routed experts and nothing beside them, which a Mistral holds as it is.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, cast

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer, MistralConfig, MistralForCausalLM, MixtralForCausalLM

from training.engine.contracts import TrainError
from training.engine.model import complete_weights

TEXTS_READ: Final = 256
LONGEST: Final = 1024
_ROUTED: Final = re.compile(r"model\.layers\.(\d+)\.mlp\.(gate\.weight|experts\.(gate_up_proj|down_proj))")


def most_used(model: MixtralForCausalLM, rows: Sequence[Tensor]) -> list[int]:
    """The expert of each layer with the most routing weight over all tokens.

    Args:
        model: A mixture in evaluation mode.
        rows: Token ids of the task's texts, (T,) each, at least one.
    """
    weights: Tensor | None = None
    with torch.no_grad():
        for row in rows:
            logits = model(row[None], output_router_logits=True).router_logits
            kept = torch.stack([_kept(layer, model.config.num_experts_per_tok) for layer in logits])
            weights = kept if weights is None else weights + kept
    if weights is None:
        raise TrainError(
            "no_texts", "No text was given to choose experts by.", "Name a file with the task's texts, one a line."
        )
    return [int(expert) for expert in weights.argmax(dim=1)]


def isolate(model: MixtralForCausalLM, experts: Sequence[int]) -> MistralForCausalLM:
    """A dense model with the weights of one expert a layer.

    Args:
        model: The mixture; left as it is.
    """
    dense: Any = MistralForCausalLM(_dense_config(model.config))
    dense = dense.to(model.dtype).eval()
    taken: dict[str, Tensor] = {}
    for name, weight in model.state_dict().items():
        routed = _ROUTED.fullmatch(name)
        if routed is None:
            taken[name] = weight
        elif routed[3] is not None:
            taken |= _expert(int(routed[1]), routed[3], weight[experts[int(routed[1])]])
    dense.load_state_dict(taken)
    return cast("MistralForCausalLM", dense)


def main(arguments: Sequence[str]) -> int:
    """Read a mixture and texts, write the dense student; returns the exit status."""
    parser = argparse.ArgumentParser(prog="isolate_expert", description="One expert of a mixture as a dense student.")
    parser.add_argument("moe", type=Path, help="folder of a Mixtral, safetensors")
    parser.add_argument("texts", type=Path, help="the task's texts, one a line")
    parser.add_argument("out", type=Path, help="a folder that does not exist yet")
    asked = parser.parse_args(arguments)
    try:
        print(_write(asked.moe, asked.texts, asked.out))
    except TrainError as error:
        print(f"{error.message} {error.hint}", file=sys.stderr)
        return 1
    return 0


def _write(moe: Path, texts: Path, out: Path) -> str:
    if out.exists():
        raise TrainError("out_exists", f"{out} is there already.", "Name a folder that does not exist yet.")
    lines = _lines_of(texts)
    if not (moe / "config.json").is_file():
        message = f"There is no model in {moe}: it has no config.json."
        raise TrainError("no_model", message, "Name the folder of a Mixtral, with its config and safetensors.")
    model = complete_weights.load(AutoModelForCausalLM, str(moe), source=moe.name, trust_remote_code=False)
    if not isinstance(model, MixtralForCausalLM):
        message = f"{moe.name} is a {model.config.model_type}: its experts cannot be isolated."
        raise TrainError(
            "no_mixture", message, "Choose a Mixtral: its layers hold routed experts and nothing beside them."
        )
    tokenizer = AutoTokenizer.from_pretrained(moe, trust_remote_code=False)
    rows = [torch.tensor(tokenizer(line, truncation=True, max_length=LONGEST).input_ids) for line in lines]
    experts = most_used(model, rows)
    isolate(model, experts).save_pretrained(out)
    tokenizer.save_pretrained(out)
    return f"Experts by layer: {', '.join(map(str, experts))}, chosen with {len(rows)} texts."


def _lines_of(texts: Path) -> list[str]:
    """Read the first texts before any weights. Raises `no_texts` for an unreadable file or no UTF-8."""
    try:
        lines = texts.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        hint = "Name a UTF-8 file with the task's texts, one a line."
        raise TrainError("no_texts", f"{texts} cannot be read: {why}.", hint) from error
    return [line for line in lines if line.strip()][:TEXTS_READ]


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


def _dense_config(config: Any) -> MistralConfig:
    of_dense = MistralConfig().to_dict().keys() - {"model_type", "architectures", "transformers_version"}
    shared = {name: value for name, value in config.to_dict().items() if name in of_dense}
    return MistralConfig(**shared)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
