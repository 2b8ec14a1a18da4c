"""Network of the demo student before training: a small Llama, with initialised copying heads."""

from typing import Final

import torch
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM
from transformers.models.llama.modeling_llama import LlamaAttention

from demo.student.tokenizer import CONTEXT, END_ID, PAD_ID, VOCABULARY

ROTARY_BASE: Final = 10_000.0
NEIGHBOUR_SCALE: Final = 0.06
MATCH_SCALE: Final = 2.6
COPY_SCALE: Final = 0.2
# Weights of the rotary pairs that turn visibly from one token to the next; pairs from SLOW_FROM on hardly turn over a
# sheet.
FAST_PAIRS: Final = (3.0, 2.0, 1.5, 1.0, 1.0, 1.0, 1.0, 1.0)
SLOW_FROM: Final = 18


def build_model(*, seed: int, width: int = 320, layers: int = 6) -> LlamaForCausalLM:
    """Build the untrained student: by default 6 layers, width 320, 5 heads, tied embeddings.

    Args:
        width: Width of the hidden states, a multiple of 64; heads are 64 wide.
        layers: Number of layers; copying takes at least 2.
    """
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=width,
        intermediate_size=width * 11 // 4,
        num_hidden_layers=layers,
        num_attention_heads=width // 64,
        num_key_value_heads=width // 64,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": ROTARY_BASE},
        bos_token_id=None,
        pad_token_id=PAD_ID,
        eos_token_id=END_ID,
    )
    model = LlamaForCausalLM(config)
    seed_induction(model)
    return model


@torch.no_grad()
def seed_induction(model: LlamaForCausalLM) -> None:
    """Initialise one head of layer 0 to attend to the previous token, and one of layer 1 to what followed its like.

    Together they form the circuit of copying (Olsson et al., In-context Learning and Induction Heads, 2022), which did
    not emerge within 700 steps of this recipe. Every token has a shared part `common`, from which the first head makes
    queries and keys that depend on the distance only; it writes its `neighbour`. The second head compares that with the
    current token, and adds the result to the prediction. Outputs of all other heads and of the feed-forward parts start
    at zero. All weights are trained afterwards.
    """
    layers = model.model.layers
    width, size = model.config.hidden_size, layers[0].self_attn.head_dim
    common = torch.nn.functional.normalize(torch.randn(width), dim=0)
    current, neighbour, copied = (_frame(size, width, without=common) for _ in range(3))
    embedding = model.model.embed_tokens.weight
    embedding += common * embedding.norm(dim=1).mean()
    for layer in layers:
        layer.self_attn.o_proj.weight.zero_()
        layer.mlp.down_proj.weight.zero_()
    _look_back(layers[0].self_attn, common, size=size)
    layers[0].self_attn.v_proj.weight[:size] = current
    layers[0].self_attn.o_proj.weight[:, :size] = NEIGHBOUR_SCALE * neighbour.T
    _look_for_likes(layers[1].self_attn, current=current, neighbour=neighbour, size=size)
    layers[1].self_attn.v_proj.weight[:size] = copied
    layers[1].self_attn.o_proj.weight[:, :size] = COPY_SCALE * copied.T


def _frame(rows: int, columns: int, *, without: Tensor) -> Tensor:
    """Draw orthonormal rows, (rows, columns), all orthogonal to the unit vector `without`."""
    drawn = torch.cat([without[:, None], torch.randn(columns, rows)], dim=1)
    frame: Tensor = torch.linalg.qr(drawn).Q[:, 1:].T.contiguous()
    return frame


def _look_back(attention: LlamaAttention, common: Tensor, *, size: int) -> None:
    """Make head 0 score a key by its distance only, highest at one token back."""
    pairs = size // 2
    strength = 0.33 * torch.tensor(FAST_PAIRS).sqrt()
    fast = torch.arange(strength.numel())
    angles = ROTARY_BASE ** (-fast / pairs)
    query, key = attention.q_proj.weight, attention.k_proj.weight
    query[:size], key[:size] = 0.0, 0.0
    key[fast] = strength[:, None] * common
    query[fast] = (strength * angles.cos())[:, None] * common
    query[fast + pairs] = -(strength * angles.sin())[:, None] * common


def _look_for_likes(attention: LlamaAttention, *, current: Tensor, neighbour: Tensor, size: int) -> None:
    """Make head 0 score a key by the resemblance of its neighbour to the current token."""
    pairs = size // 2
    slow = torch.cat([torch.arange(SLOW_FROM, pairs), torch.arange(SLOW_FROM, pairs) + pairs])
    query, key = attention.q_proj.weight, attention.k_proj.weight
    query[:size], key[:size] = 0.0, 0.0
    query[slow] = MATCH_SCALE * current[: slow.numel()]
    key[slow] = MATCH_SCALE * neighbour[: slow.numel()]
