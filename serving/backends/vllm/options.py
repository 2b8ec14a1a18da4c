"""Settings of the vLLM backend, and the miniatures that its servers cannot take.

Pure; pages ask it before a promotion.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import Field

from training.engine.contracts import Part

# Ranks that vLLM lays its adapter buffers out for.
RANKS: Final = (1, 8, 16, 32, 64, 128, 256, 320, 512)
MOST_RANK: Final = RANKS[-1]
# Initializations that change the base's own weights; of the others only the adapter itself is saved.
PLAIN_INITS: Final = ("gaussian", "eva", "orthogonal", "mica", "lora_ga")
# Fields of an adapter's config that change what it computes, with what vLLM would have to know.
UNKNOWN_TO_VLLM: Final = {
    "use_dora": "DoRA",
    "lora_bias": "biases in its adapter",
    "modules_to_save": "whole layers beside the adapter",
    "trainable_token_indices": "new embeddings of tokens",
    "alora_invocation_tokens": "activated LoRA",
    "layer_replication": "replicated layers",
    "use_bdlora": "block-diagonal LoRA",
    "use_qalora": "QALoRA",
}


class VllmOptions(Part):
    """Options of the backend `vllm`.

    Attributes:
        python: Python that has vLLM.
        servers: Servers at once, one a base; each takes its part of a GPU's memory.
        adapters: Adapters in one batch; more wait in memory and take turns.
        rank: Highest rank of an adapter.
        gpu_share: Part of a GPU's memory that all servers together may take.
        cpu_kv_gib: GiB of keys and values of one server on a CPU.
    """

    python: str = ""
    servers: int = Field(1, ge=1, le=16)
    adapters: int = Field(8, ge=1, le=64)
    rank: int = Field(64, ge=1, le=MOST_RANK)
    gpu_share: float = Field(0.85, gt=0, le=1)
    cpu_kv_gib: int = Field(2, ge=1)

    @property
    def buffer_rank(self) -> int:
        """Smallest rank of vLLM's that holds `rank`."""
        return next(rank for rank in RANKS if rank >= self.rank)


def why_not(config: Mapping[str, Any], *, rank: int) -> str:
    """Return why vLLM cannot serve an adapter; empty where it can.

    Args:
        config: The adapter's `adapter_config.json`.
        rank: Highest rank that the servers are laid out for.
    """
    for name, what in UNKNOWN_TO_VLLM.items():
        if config.get(name):
            return f"It holds {what}, which vLLM does not serve."
    if config.get("bias", "none") != "none":
        return "It holds trained biases, which vLLM does not serve."
    init = config.get("init_lora_weights", True)
    if isinstance(init, str) and init.lower() not in PLAIN_INITS:
        return f"Its start ({init}) changed the base's own weights, which vLLM does not serve."
    highest = max([int(config["r"]), *map(int, (config.get("rank_pattern") or {}).values())])
    if highest > rank:
        return f"Its rank is {highest}; the vLLM servers here take ranks up to {rank} (SERVING_VLLM_RANK)."
    return ""


Device = Literal["cpu", "cuda"]
