"""A decoder of Llama's shape on a CPU: one pass over its weights without transformers' modules.

A token of a small model costs calls and reads from memory, so both are few here. Knows neither caches nor requests:
attention is the caller's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from serving.engine.cpu_linear import JoinedLinear, Slots, give_up, is_held
from serving.engine.multi_lora import Adapter, check_adapter, free_slot

if TYPE_CHECKING:
    from training.engine.model_types import CausalModel

# Smaller models run on one thread: their products cost more to share out than to compute.
SMALL_PARAMETERS: Final = 30_000_000
FAMILIES: Final = ("llama", "mistral", "qwen2", "qwen3")
# Scalings of positions that do not depend on how long a text is.
_STEADY_POSITIONS: Final = ("default", "linear", "llama3", "yarn")
Attend = Callable[[int, Tensor], Tensor]


class Norm:
    """Root-mean-square norm of the last dimension, by the fewest calls: x * w * sqrt(d) / hypot(|x|, sqrt(d * eps))."""

    def __init__(self, weight: Tensor, epsilon: float) -> None:
        width = weight.shape[-1]
        self._weight = weight.detach() * width**0.5
        self._least = torch.tensor((width * epsilon) ** 0.5)

    def __call__(self, x: Tensor) -> Tensor:
        length = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        return x.div(torch.hypot(length, self._least)).mul_(self._weight)


@dataclass(frozen=True)
class Layer:
    """Weights of one layer; `heads` norms queries and keys (Qwen3), (H + Hkv, D)."""

    before: Norm
    mixed: JoinedLinear
    heads: Norm | None
    out: JoinedLinear
    after: Norm
    wide: JoinedLinear
    narrow: JoinedLinear

    @property
    def linears(self) -> tuple[JoinedLinear, ...]:
        return self.mixed, self.out, self.wide, self.narrow


class CpuDecoder:
    """A model's weights in the shape in which a pass reads them; takes the model's own in."""

    def __init__(self, model: CausalModel) -> None:
        self._model: Any = model
        config = model.config
        is_small = sum(parameter.numel() for parameter in model.parameters()) < SMALL_PARAMETERS
        attention = self._model.model.layers[0].self_attn
        self.heads, self.kv_heads, self.head_dim = (
            config.num_attention_heads,
            config.num_key_value_heads,
            attention.head_dim,
        )
        self.scale: float = attention.scaling
        self._epsilon: float = config.rms_norm_eps
        self._turns = torch.empty(0)
        self._taken: set[int] = {0}
        embeddings: Any = self._model.get_input_embeddings()
        self._embeddings = embeddings.weight.detach()
        self._last = Norm(self._model.model.norm.weight, self._epsilon)
        self._head = JoinedLinear({"lm_head": self._model.lm_head}, {}, is_small=is_small)
        self._layers = [
            self._layer(f"model.layers.{number}", layer, is_small)
            for number, layer in enumerate(self._model.model.layers)
        ]
        self.depth = len(self._layers)
        if is_held(self._embeddings):
            self._embeddings = self._embeddings.half()
        give_up(embeddings)

    @property
    def bytes(self) -> int:
        """Bytes of all weights, without adapters."""
        return int(self._embeddings.nbytes) + sum(linear.bytes for linear in self._linears)

    def forward(
        self, ids: Tensor, positions: Tensor, slots: Slots, attend: Attend, *, only_last: bool = False
    ) -> Tensor:
        """Pass tokens through all layers.

        Args:
            ids: Token ids, (N,).
            positions: Their places in their texts, (N,).
            slots: Of each token, where they differ.
            attend: Takes a layer's number with queries, keys and values, (N, (H + 2 Hkv) * D), heads side by side;
                returns what they attend to, (N, H * D).
            only_last: Whether only the last token's scores are wanted.

        Returns:
            Scores of the next tokens, (N, V), or (1, V).
        """
        x = functional.embedding(ids, self._embeddings).float()
        turns = self._turned(int(positions.max()))[positions].unsqueeze(1)
        width = (self.heads + self.kv_heads) * self.head_dim
        for number, layer in enumerate(self._layers):
            mixed = layer.mixed(layer.before(x), slots)
            heads = mixed[:, :width].view(len(mixed), -1, self.head_dim)
            if layer.heads is not None:
                heads.copy_(layer.heads(heads))
            torch.view_as_complex(heads.view(*heads.shape[:2], -1, 2)).mul_(turns)
            attended = attend(number, mixed)
            if only_last and number == self.depth - 1:
                x, attended = x[-1:], attended[-1:]
            x = x + layer.out(attended, slots)
            gate, up = layer.wide(layer.after(x), slots).chunk(2, dim=1)
            x += layer.narrow(functional.silu(gate).mul_(up), slots)
        return self._head(self._last(x), slots)

    def put(self, adapter: Adapter) -> int:
        """Lay an adapter beside the base; returns its slot. Not while the model computes.

        Raises:
            TrainError: It was made for another base, or lacks layers of this one.
        """
        check_adapter(
            adapter, {name: each for name, each in self._model.named_modules() if isinstance(each, nn.Linear)}
        )
        slot = free_slot(self._taken)
        for linear in self._linears:
            if linear.names & adapter.pairs.keys():
                linear.put(slot, adapter.pairs)
        return slot

    def drop(self, slot: int) -> None:
        self._taken.discard(slot)
        for linear in self._linears:
            linear.drop(slot)

    @property
    def _linears(self) -> list[JoinedLinear]:
        return [self._head, *(linear for layer in self._layers for linear in layer.linears)]

    def _layer(self, path: str, layer: Any, is_small: bool) -> Layer:
        def joined(part: str, *names: str, **orders: Tensor) -> JoinedLinear:
            linears = {f"{path}.{part}.{name}": getattr(getattr(layer, part), name) for name in names}
            named = {f"{path}.{part}.{name}": order for name, order in orders.items()}
            return JoinedLinear(linears, named, is_small=is_small)

        queries, keys = self._pairwise(self.heads), self._pairwise(self.kv_heads)
        norms = getattr(layer.self_attn, "q_norm", None), getattr(layer.self_attn, "k_norm", None)
        return Layer(
            Norm(layer.input_layernorm.weight, self._epsilon),
            joined("self_attn", "q_proj", "k_proj", "v_proj", q_proj=queries, k_proj=keys),
            None if None in norms else self._head_norm(*norms),
            joined("self_attn", "o_proj"),
            Norm(layer.post_attention_layernorm.weight, self._epsilon),
            joined("mlp", "gate_proj", "up_proj"),
            joined("mlp", "down_proj"),
        )

    def _head_norm(self, queries: Any, keys: Any) -> Norm:
        order = self._pairwise(1)
        rows = queries.weight[order].expand(self.heads, -1), keys.weight[order].expand(self.kv_heads, -1)
        return Norm(torch.cat(rows), self._epsilon)

    def _pairwise(self, heads: int) -> Tensor:
        """Order of heads' outputs in which the two numbers a position turns are side by side, as a complex one."""
        order = torch.arange(self.head_dim).view(2, -1).T.flatten()
        return torch.cat([order + head * self.head_dim for head in range(heads)])

    def _turned(self, last: int) -> Tensor:
        """Rotations of positions up to the last, (T, D / 2), complex."""
        if len(self._turns) <= last:
            positions = torch.arange(max(2 * len(self._turns), last + 256)).unsqueeze(0)
            cos, sin = self._model.model.rotary_emb(torch.empty(0), positions)
            self._turns = torch.complex(cos, sin)[0, :, : self.head_dim // 2]
        return self._turns


def decoder_of(model: CausalModel) -> CpuDecoder | None:
    """Take a model's weights in; None where its family, device or number format is not for this, and it stays whole."""
    config: Any = model.config
    if model.device.type != "cpu" or model.dtype != torch.float32 or config.model_type not in FAMILIES:
        return None
    positions = getattr(config, "rope_parameters", None) or {}
    is_plain = (
        config.hidden_act == "silu"
        and getattr(config, "sliding_window", None) is None
        and positions.get("rope_type") in _STEADY_POSITIONS
        and positions.get("partial_rotary_factor", 1) == 1
        and hasattr(model, "lm_head")
    )
    return CpuDecoder(model) if is_plain else None
