"""Config and weights of each family in GGUF: Llama, Qwen 2 and 3, and Gemma 3 (its text part).

llama.cpp wants some weights otherwise than transformers keeps them; each difference is a function here with its
reason. What it cannot express is refused, since a model that loads and writes nonsense is worse than none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import gguf
import torch
from torch import Tensor
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

from training.engine.contracts import TrainError
from training.engine.model import lora

if TYPE_CHECKING:
    from transformers import PretrainedConfig

    from training.engine.model_types import CausalModel

MERGED_INSTEAD: Final = "Export this miniature as merged safetensors."
# Names that transformers has for the activation that llama.cpp computes in Llama and Qwen.
GATED: Final = frozenset({"silu", "swish"})
# Families whose layers llama.cpp computes in one way alone.
PLAIN: Final = frozenset({"llama", "qwen2", "qwen3"})


@dataclass(frozen=True)
class Family:
    """One architecture of llama.cpp's: its name there, and what is done to a tensor on the way."""

    arch: gguf.MODEL_ARCH
    reshape: Callable[[str, Tensor, Any], Tensor]


def family_of(config: PretrainedConfig) -> Family:
    """The family of a text config.

    Raises:
        TrainError: GGUF is not written for it here, or a value of its config has no counterpart.
    """
    if config.is_encoder_decoder:
        raise TrainError(
            "gguf_encoder_decoder",
            f"GGUF is not written for encoder–decoders ({config.model_type})",
            MERGED_INSTEAD,
        )
    family = FAMILIES.get(str(config.model_type))
    if family is None:
        raise TrainError(
            "gguf_unknown_family",
            f"GGUF is not written for students of the family {config.model_type}",
            f"Families: {', '.join(sorted(FAMILIES))}. {MERGED_INSTEAD}",
        )
    if config.model_type == "gemma3_text":
        _require_gemma_as_known(config)
    require_layers_as_known(config)
    if any(rope["rope_type"] not in ("default", "linear", "llama3") for rope in _ropes(config).values()):
        raise TrainError("gguf_rope", "this student's rope scaling is not written to GGUF", MERGED_INSTEAD)
    return family


def require_layers_as_known(config: PretrainedConfig) -> None:
    """Refuse what llama.cpp computes otherwise in Llama and Qwen, whoever writes the file: GGUF has no key for it.

    Raises:
        TrainError: A layer has a window, or another activation than SiLU.
    """
    if config.model_type in PLAIN and (_has_windows(config) or config.hidden_act not in GATED):
        message = f"llama.cpp knows students of the family {config.model_type} without windows and with SiLU alone"
        raise TrainError("gguf_other_layers", message, MERGED_INSTEAD)


def text_tensors(model: CausalModel) -> Iterator[tuple[str, Tensor]]:
    """Tensors that write text, tied ones once, by the names a text-only model has."""
    for name, tensor in model.named_parameters():
        if lora.is_non_text(name):
            continue
        yield name.replace("language_model.", ""), tensor.detach()


def extra_tensors(config: PretrainedConfig) -> Iterator[tuple[str, Tensor]]:
    """Tensors llama.cpp wants beside the weights: Llama 3's rope as a factor for each frequency."""
    rope = _ropes(config)["full_attention"]
    if rope["rope_type"] != "llama3":
        return
    scaled, _ = ROPE_INIT_FUNCTIONS["llama3"](config, torch.device("cpu"))
    width = _head_width(config)
    plain = 1.0 / rope["rope_theta"] ** (torch.arange(0, width, 2, dtype=torch.float32) / width)
    yield "rope_freqs.weight", plain / scaled.float()


def describe(writer: gguf.GGUFWriter, config: PretrainedConfig, family: Family) -> None:
    """Write what the config says, by the keys llama.cpp reads."""
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    width, rope = _head_width(config), _ropes(config)["full_attention"]
    writer.add_key_length(width)
    writer.add_value_length(width)
    writer.add_rope_dimension_count(width)
    writer.add_rope_freq_base(float(rope["rope_theta"]))
    if rope["rope_type"] == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(float(rope["factor"]))
    if family.arch == gguf.MODEL_ARCH.GEMMA3:
        writer.add_sliding_window(config.sliding_window)


def kv_bytes_per_token(config: PretrainedConfig) -> int:
    """Bytes of one token's keys and values in fp16, as llama.cpp keeps them by default."""
    return int(2 * config.num_hidden_layers * config.num_key_value_heads * _head_width(config) * 2)


def _ropes(config: PretrainedConfig) -> dict[str, dict[str, Any]]:
    """Rope parameters by kind of layer; families with one kind have theirs under `full_attention`."""
    parameters = config.rope_parameters
    return dict(parameters) if "full_attention" in parameters else {"full_attention": dict(parameters)}


def _head_width(config: PretrainedConfig) -> int:
    return int(getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads)


def _as_is(_name: str, tensor: Tensor, _config: PretrainedConfig) -> Tensor:
    return tensor


def _interleaved(name: str, tensor: Tensor, config: PretrainedConfig) -> Tensor:
    """Reorder queries and keys: transformers rotates halves of a head, llama.cpp neighbouring numbers."""
    if ".q_proj." in name:
        heads = config.num_attention_heads
    elif ".k_proj." in name:
        heads = config.num_key_value_heads
    else:
        return tensor
    rest = tensor.shape[1:]
    return tensor.reshape(heads, 2, tensor.shape[0] // heads // 2, *rest).transpose(1, 2).reshape(tensor.shape)


def _norms_from_one(name: str, tensor: Tensor, _config: PretrainedConfig) -> Tensor:
    """Gemma's norms scale by one plus their weight, llama.cpp's by the weight."""
    return tensor + 1 if name.endswith("norm.weight") else tensor


def _has_windows(config: PretrainedConfig) -> bool:
    """Return whether a layer sees fewer tokens than the context holds."""
    kinds, window = set(getattr(config, "layer_types", None) or ()), getattr(config, "sliding_window", None)
    is_cut = window is not None and window < config.max_position_embeddings
    return bool(kinds - {"full_attention", "sliding_attention"}) or ("sliding_attention" in kinds and is_cut)


def _require_gemma_as_known(config: PretrainedConfig) -> None:
    """llama.cpp has Gemma 3's pattern of layers, its scale of scores and its second rope built in."""
    every_sixth = [
        "full_attention" if (n + 1) % 6 == 0 else "sliding_attention" for n in range(config.num_hidden_layers)
    ]
    local = _ropes(config).get("sliding_attention", {})
    if (
        list(config.layer_types) != every_sixth
        or config.query_pre_attn_scalar != config.head_dim
        or config.attn_logit_softcapping
        or config.final_logit_softcapping
        or (local.get("rope_type"), local.get("rope_theta")) != ("default", 10_000.0)
    ):
        raise TrainError(
            "gguf_gemma", "this Gemma 3's layers or scales are not the ones llama.cpp knows", MERGED_INSTEAD
        )


FAMILIES: Final[dict[str, Family]] = {
    "llama": Family(gguf.MODEL_ARCH.LLAMA, _interleaved),
    "qwen2": Family(gguf.MODEL_ARCH.QWEN2, _as_is),
    "qwen3": Family(gguf.MODEL_ARCH.QWEN3, _as_is),
    "gemma3_text": Family(gguf.MODEL_ARCH.GEMMA3, _norms_from_one),
}
