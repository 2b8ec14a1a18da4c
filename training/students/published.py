"""Students in use in November 2026 whose config was not read: facts of a published page, named beside them. Pure.

Shapes and forecasts of memory are in `catalogue`, for students whose numbers were read. A fact that no page told is
empty here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from jobs.rundir.machine import GIB

APACHE: Final = "Apache-2.0"
LFM: Final = "LFM Open License v1.0"
LONG: Final = 131_072
LONGER: Final = 262_144


@dataclass(frozen=True)
class PublishedStudent:
    """A student by its hub id, as a page describes it.

    Attributes:
        family: `model_type` of its config.json.
        parameters: Millions, rounded as published, whatever it sees or hears with included; None where not told.
        source: Address that licence, parameters and context were read at, without `https://`.
        licence: Empty where not told.
        context: Tokens; None where not told.
    """

    hub_id: str
    family: str
    parameters: int | None
    source: str
    licence: str = ""
    context: int | None = None

    @property
    def name(self) -> str:
        return self.hub_id.rpartition("/")[2]

    @property
    def weights_gib(self) -> float | None:
        """Memory of its weights in a format of two bytes, the least that serving takes; None without parameters."""
        return self.parameters * 2e6 / GIB if self.parameters else None


_GEMMA: Final = "ai.google.dev/edge/litert-lm/models/gemma-4"
_LFM_2: Final = "huggingface.co/LiquidAI/LFM2-700M and github.com/Language-Technology-Assessment/main-database"
_GRANITE: Final = "ibm.com/granite/docs/models/granite4-0"
_QWEN_SMALL: Final = "unsloth.ai/docs/models/qwen3.5.md"
_HUNYUAN: Final = "huggingface.co/tencent/Hunyuan-0.5B-Instruct"

PUBLISHED_STUDENTS: Final[tuple[PublishedStudent, ...]] = tuple(
    PublishedStudent(*row)
    for row in (
        ("google/gemma-4-E2B-it", "gemma4", 5_100, f"apxml.com/models/gemma-4-e2b and {_GEMMA}", APACHE, LONG),
        ("google/gemma-4-E4B-it", "gemma4", 8_000, f"apxml.com/models/gemma-4-e4b and {_GEMMA}", APACHE, LONG),
        ("Qwen/Qwen2.5-0.5B-Instruct", "qwen2", 494, "huggingface.co/datasets/OALL/requests_v2", APACHE),
        ("Qwen/Qwen2.5-1.5B-Instruct", "qwen2", 1_540, "apxml.com", APACHE),
        ("Qwen/Qwen2.5-3B-Instruct", "qwen2", 3_090, "docs.predibase.com/fine-tuning/models", "", 32_768),
        ("Qwen/Qwen2.5-7B-Instruct", "qwen2", 7_620, "docs.predibase.com/fine-tuning/models", "", 32_768),
        ("Qwen/Qwen3-4B-Instruct-2507", "qwen3", 4_000, "apidog.com", "", LONGER),
        ("Qwen/Qwen3.5-0.8B", "qwen3_5", 800, _QWEN_SMALL, "", LONGER),
        ("Qwen/Qwen3.5-2B", "qwen3_5", 2_000, _QWEN_SMALL, "", LONGER),
        ("Qwen/Qwen3.5-4B-Base", "qwen3_5", 4_500, "featherless.ai/models/Qwen/Qwen3.5-4B-Base", "", LONGER),
        ("Qwen/Qwen3.5-9B", "qwen3_5", 10_000, "fitmygpu.com/models/qwen-3.5-9b", APACHE, LONGER),
        ("mistralai/Ministral-3-3B-Instruct-2512-BF16", "mistral3", 3_800,
         "huggingface.co/mistralai/Ministral-3-3B-Instruct-2512-BF16", APACHE),
        ("mistralai/Ministral-3-8B-Base-2512", "mistral3", 8_920, "ollama.com/library/ministral-3"),
        ("mistralai/Ministral-3-14B-Base-2512", "mistral3", 13_900,
         "huggingface.co/mistralai/Ministral-3-14B-Base-2512", APACHE),
        ("ibm-granite/granite-4.0-micro", "granitemoehybrid", 3_000,
         f"huggingface.co/NexaAI/Granite-4-Micro-ANE and {_GRANITE}", APACHE, LONG),
        ("ibm-granite/granite-4.0-h-350m", "granitemoehybrid", None, _GRANITE, APACHE),
        ("ibm-granite/granite-4.0-h-1b", "granitemoehybrid", None, _GRANITE, APACHE),
        ("ibm-granite/granite-4.0-h-micro", "granitemoehybrid", 3_000, _GRANITE, APACHE),
        ("ibm-granite/granite-4.0-h-tiny", "granitemoehybrid", 7_000, _GRANITE, APACHE),
        ("LiquidAI/LFM2-350M", "lfm2", 354, _LFM_2, LFM, 32_768),
        ("LiquidAI/LFM2-700M", "lfm2", 742, _LFM_2, LFM, 32_768),
        ("LiquidAI/LFM2-1.2B", "lfm2", 1_170, _LFM_2, LFM, 32_768),
        ("LiquidAI/LFM2.5-350M-Base", "lfm2", 350, "huggingface.co/LiquidAI/LFM2.5-350M-Base", LFM, 32_768),
        ("LiquidAI/LFM2.5-1.2B-Instruct", "lfm2", 1_170,
         (
             "featherless.ai/models/LiquidAI/LFM2.5-1.2B-Instruct and "
             "unsloth.ai/docs/models/tutorials/lfm2.5.md"
         ), LFM, 32_768),
        ("LiquidAI/LFM3-1.7B", "lfm3", None, "huggingface.co/LiquidAI/LFM3-1.7B"),
        ("allenai/OLMo-2-1124-7B", "olmo2", 7_000, "huggingface.co/allenai/OLMo-2-1124-7B", APACHE, 4_096),
        ("allenai/Olmo-3-7B-Instruct", "olmo3", 7_000, "openrouter.ai", APACHE, 65_536),
        ("LGAI-EXAONE/EXAONE-4.0-1.2B", "exaone4", 1_280, "github.com/jakemanger/whatmodel"),
        ("tencent/Hunyuan-0.5B-Instruct", "hunyuan_v1_dense", 500, _HUNYUAN, "", LONGER),
        ("tencent/Hunyuan-1.8B-Instruct", "hunyuan_v1_dense", 1_800, _HUNYUAN, "", LONGER),
        ("tencent/Hunyuan-4B-Instruct", "hunyuan_v1_dense", 4_000, _HUNYUAN, "", LONGER),
        ("tencent/Hunyuan-7B-Instruct", "hunyuan_v1_dense", 7_000, _HUNYUAN, "", LONGER),
        ("openai/gpt-oss-20b", "gpt_oss", 21_000, "huggingface.co/openai/gpt-oss-20b and openrouter.ai", APACHE, LONG),
    )
)  # fmt: skip


def find_published(hub_id: str) -> PublishedStudent | None:
    """A published student by its hub id."""
    return next((each for each in PUBLISHED_STUDENTS if each.hub_id.lower() == hub_id.lower()), None)
