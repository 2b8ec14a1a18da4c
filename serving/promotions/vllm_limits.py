"""Settings for the vLLM servers of a host, and the miniatures that are refused at promotion because of them."""

from __future__ import annotations

import json
from typing import Any, Final

from django.conf import settings
from django.core.files.storage import default_storage

from serving.backends.vllm import options
from serving.promotions import queries
from training.models import Miniature
from training.recipes.schema import ENCODER_DECODERS
from training.states import Method
from web.errors import Refusal

CONFIG: Final = "adapter_config.json"


def vllm_options() -> dict[str, Any]:
    """Options of the backend `vllm` in a serving job's spec."""
    return {
        "python": settings.SERVING_VLLM_PYTHON,
        "servers": settings.SERVING_VLLM_SERVERS,
        "adapters": settings.SERVING_VLLM_ADAPTERS,
        "rank": settings.SERVING_VLLM_RANK,
        "gpu_share": settings.SERVING_VLLM_GPU_SHARE,
    }


def require_servable(miniature: Miniature) -> None:
    """Refuse a miniature that vLLM could not serve, where vLLM is chosen.

    Classifiers and encoder–decoders have our own engine.

    Raises:
        Refusal: 422, with what its adapter holds, or that another base has the last server.
    """
    if settings.SERVING_BACKEND != "vllm" or _is_our_own(miniature):
        return
    if reason := _reason(miniature):
        raise Refusal(
            "not_servable_by_vllm",
            f"{miniature.name} cannot be served by vLLM. {reason}",
            hint="Tune it with a lower rank or without what vLLM does not know, "
            "or have our own engine serve (SERVING_BACKEND=own).",
        )
    models = {_model(promotion.miniature) for promotion in queries.current_promotions()} | {_model(miniature)}
    if len(models - {""}) > settings.SERVING_VLLM_SERVERS:
        raise Refusal(
            "no_vllm_server",
            f"{miniature.name} needs a vLLM server of its own beside those of other bases, and "
            f"{settings.SERVING_VLLM_SERVERS} may run on a host.",
            hint="Demote the miniatures of another base, tune it as an adapter of a base that is served, "
            "or raise SERVING_VLLM_SERVERS.",
        )


def _is_our_own(miniature: Miniature) -> bool:
    return miniature.run.is_classifier or miniature.student.model_type in ENCODER_DECODERS


def _model(miniature: Miniature) -> str:
    """Return what a server is started on: the base, or a fully tuned miniature itself; empty for our own engine's."""
    if _is_our_own(miniature):
        return ""
    return f"student {miniature.student_id}" if miniature.method == Method.LORA else f"miniature {miniature.pk}"


def _reason(miniature: Miniature) -> str:
    """Return why vLLM does not take a miniature's adapter; empty where it does, or where it is no adapter."""
    path = next((file["path"] for file in miniature.files if file["path"].endswith(CONFIG)), None)
    if miniature.method != Method.LORA or path is None:
        return ""
    with default_storage.open(f"{miniature.storage_prefix}/{path}", "rb") as file:
        return options.why_not(json.load(file), rank=settings.SERVING_VLLM_RANK)
