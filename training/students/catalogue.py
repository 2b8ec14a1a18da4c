"""Students in common use, decoders, encoders and encoder–decoders.

Shapes, chat templates, licences, what tuning them takes.

Shapes are the numbers of each model's config.json and licences those of its card on the hub, by the hub id; what a
template does is what this product has been made to meet. Recipes are the paper's, and memory is forecast from the shape
by the code that forecasts every run, so that nothing here is a second opinion. An encoder's recipes are those of
classifiers, and its parameters are told without the head that its pre-training had. Pure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from jobs.rundir.machine import GIB
from training.recipes.architecture import kind_of_family
from training.recipes.presets import PRESETS
from training.recipes.schema import ENCODER_DECODERS, Preset, Recipe
from training.sizing import fit
from training.sizing.shape import Shape, shape_of
from training.students import known_shapes

# What memory is forecast for, where there is no data yet: steps of so many rows of so many tokens.
FORECAST_ROWS: Final[tuple[int, ...]] = (1024,) * 8
GEMMA_TERMS: Final = "Gemma Terms of Use"
LLAMA_TERMS: Final = "Llama 3.2 Community License"
PAPER_LORA, PAPER_FULL = PRESETS["paper-lora"], PRESETS["paper-full"]
CLASSIFIER_LORA, CLASSIFIER_FULL = PRESETS["classifier-lora"], PRESETS["classifier"]
# Gemma 3's eyes (SigLIP), which are loaded and never tuned.
SIGLIP: Final = 416_866_032


@dataclass(frozen=True)
class KnownStudent:
    """A student by its hub id, and the numbers of its config.json.

    Attributes:
        hub_id: Whose model card and config are the source of what stands here.
        parameters: As its card or its weights say; held against the shape by a test.
        sees: Parameters of its vision tower.
        thinks: Whether it can think before it answers.
        is_dated: Whether its template asks for the date.
        system: Where a system turn's text goes: a turn of its own, or the user's.
        is_pickled: Whether the hub has no safetensors of it, so that its download is refused.
    """

    hub_id: str
    family: str
    parameters: int
    hidden: int
    layers: int
    heads: int
    key_value_heads: int
    head: int
    intermediate: int
    vocabulary: int
    context: int
    licence: str
    is_tied: bool = True
    sees: int = 0
    thinks: bool = False
    is_dated: bool = False
    system: str = "its own turn"
    is_pickled: bool = False

    @property
    def name(self) -> str:
        return self.hub_id.rpartition("/")[2]

    @property
    def is_gated(self) -> bool:
        """Return whether the hub gives it out only to accounts that accepted its licence."""
        return self.licence in (GEMMA_TERMS, LLAMA_TERMS)

    @property
    def is_encoder(self) -> bool:
        return self.kind == "encoder"

    @property
    def kind(self) -> str:
        return "encoder–decoder" if self.family in ENCODER_DECODERS else kind_of_family(self.family)

    @property
    def presets(self) -> tuple[Preset, Preset]:
        """The recipes that suit it: by adapters, and of all weights."""
        return (CLASSIFIER_LORA, CLASSIFIER_FULL) if self.is_encoder else (PAPER_LORA, PAPER_FULL)

    @property
    def rank(self) -> int:
        return self.presets[0].recipe.rank_for(self.parameters)

    @property
    def rates(self) -> dict[str, float]:
        lora, full = self.presets
        return {"lora": lora.recipe.learning_rate, "full": full.recipe.learning_rate}

    @cached_property
    def shape(self) -> Shape:
        return shape_of(known_shapes.config_of(self), known_shapes.weights_of(self))

    @property
    def lora_gib(self) -> tuple[float, float]:
        """Memory of its LoRA recipe on a GPU: with activations recomputed, and without."""
        return self._between(self.presets[0].recipe)

    @property
    def full_gib(self) -> tuple[float, float]:
        return self._between(self.presets[1].recipe)

    def _between(self, recipe: Recipe) -> tuple[float, float]:
        spared = recipe.model_copy(update={"gradient_checkpointing": "on"})
        least, most = (fit.required_bytes(self.shape, each, FORECAST_ROWS, "cuda") / GIB for each in (spared, recipe))
        return least, most

    @property
    def template(self) -> str:
        if self.kind != "decoder":
            return "none: the prompt is read as one text" + (", and the heads answer" if self.is_encoder else "")
        facts = [f"the text of a system turn goes to {self.system}"]
        if self.thinks:
            facts.append("it can think; off unless it was registered to")
        if self.is_dated:
            facts.append("the date is that of the run's launch")
        return "; ".join(facts)

    @property
    def facts(self) -> list[str]:
        """Return what a member who registers or tunes it should know, in sentences with their sources."""
        whose = "Recipes of classifiers" if self.is_encoder else "The paper's recipes for its size"
        return [
            f"{self.name}: {self.template}. Licence: {self.licence} (its model card, {self.hub_id}).",
            f"{whose}: LoRA of rank {self.rank} at a "
            f"rate of {self.rates['lora']:g}, or all weights at {self.rates['full']:g} "
            f"({self.presets[1].sources['learning_rate']}).",
            f"Forecast for steps of {len(FORECAST_ROWS)} rows of {FORECAST_ROWS[0]:,} tokens on a GPU: "
            f"{_range(self.lora_gib)} GiB by LoRA, {_range(self.full_gib)} GiB for all weights; the less where "
            "activations are recomputed.",
        ]


def _range(gib: tuple[float, float]) -> str:
    return f"{gib[0]:.0f} to {gib[1]:.0f}"


# hidden, layers, heads, key-value heads, head, intermediate
Sizes = tuple[int, int, int, int, int, int]


def _gemma(
    size: str, family: str, parameters: int, sizes: Sizes, vocabulary: int, context: int, sees: int = 0
) -> KnownStudent:
    return KnownStudent(
        f"google/gemma-3-{size}-it",
        family,
        parameters,
        *sizes,
        vocabulary,
        context,
        GEMMA_TERMS,
        sees=sees,
        system="the user's first turn",
    )


def _qwen(size: str, parameters: int, sizes: Sizes, *, is_tied: bool = True) -> KnownStudent:
    return KnownStudent(
        f"Qwen/Qwen3-{size}", "qwen3", parameters, *sizes, 151_936, 40_960, "Apache-2.0", is_tied=is_tied, thinks=True
    )


def _llama(size: str, parameters: int, sizes: Sizes) -> KnownStudent:
    return KnownStudent(
        f"meta-llama/Llama-3.2-{size}-Instruct",
        "llama",
        parameters,
        *sizes,
        128_256,
        131_072,
        LLAMA_TERMS,
        is_dated=True,
    )


def _smol(size: str, parameters: int, sizes: Sizes) -> KnownStudent:
    return KnownStudent(
        f"HuggingFaceTB/SmolLM2-{size}-Instruct", "llama", parameters, *sizes, 49_152, 8_192, "Apache-2.0"
    )


def _modern(hub_id: str, parameters: int, sizes: Sizes, vocabulary: int, licence: str) -> KnownStudent:
    return KnownStudent(hub_id, "modernbert", parameters, *sizes, vocabulary, 8_192, licence)


def _deberta(size: str, parameters: int, sizes: Sizes, *, vocabulary: int = 128_100) -> KnownStudent:
    name = f"microsoft/{size}"
    return KnownStudent(name, "deberta-v2", parameters, *sizes, vocabulary, 512, "MIT", is_pickled=True)


def _xlm_r(size: str, parameters: int, sizes: Sizes) -> KnownStudent:
    return KnownStudent(f"FacebookAI/xlm-roberta-{size}", "xlm-roberta", parameters, *sizes, 250_002, 512, "MIT")


def _flan(size: str, parameters: int, sizes: Sizes) -> KnownStudent:
    return KnownStudent(f"google/flan-t5-{size}", "t5", parameters, *sizes, 32_128, 512, "Apache-2.0", is_tied=False)


def _bart(size: str, parameters: int, sizes: Sizes, *, is_pickled: bool = False) -> KnownStudent:
    name = f"facebook/bart-{size}"
    return KnownStudent(name, "bart", parameters, *sizes, 50_265, 1_024, "Apache-2.0", is_pickled=is_pickled)


KNOWN_STUDENTS: Final[tuple[KnownStudent, ...]] = (
    _gemma("270m", "gemma3_text", 268_098_176, (640, 18, 4, 1, 256, 2048), 262_144, 32_768),
    _gemma("1b", "gemma3_text", 999_885_952, (1152, 26, 4, 1, 256, 6912), 262_144, 32_768),
    _gemma("4b", "gemma3", 4_300_079_472, (2560, 34, 8, 4, 256, 10_240), 262_208, 131_072, SIGLIP),
    _gemma("12b", "gemma3", 12_187_325_040, (3840, 48, 16, 8, 256, 15_360), 262_208, 131_072, SIGLIP),
    _qwen("0.6B", 596_049_920, (1024, 28, 16, 8, 128, 3072)),
    _qwen("1.7B", 1_720_574_976, (2048, 28, 16, 8, 128, 6144)),
    _qwen("4B", 4_022_468_096, (2560, 36, 32, 8, 128, 9728)),
    _qwen("8B", 8_190_735_360, (4096, 36, 32, 8, 128, 12_288), is_tied=False),
    _llama("1B", 1_235_814_400, (2048, 16, 32, 8, 64, 8192)),
    _llama("3B", 3_212_749_824, (3072, 28, 24, 8, 128, 8192)),
    _smol("135M", 134_515_008, (576, 30, 9, 3, 64, 1536)),
    _smol("360M", 361_821_120, (960, 32, 15, 5, 64, 2560)),
    _smol("1.7B", 1_711_376_384, (2048, 24, 32, 32, 64, 8192)),
    KnownStudent(
        "HuggingFaceTB/SmolLM3-3B",
        "smollm3",
        3_075_098_624,
        2048,
        36,
        16,
        4,
        128,
        11_008,
        128_256,
        65_536,
        "Apache-2.0",
        thinks=True,
        is_dated=True,
    ),
    KnownStudent(
        "microsoft/Phi-4-mini-instruct", "phi3", 3_836_021_760, 3072, 32, 24, 8, 128, 8192, 200_064, 131_072, "MIT"
    ),
    KnownStudent(
        "mistralai/Mistral-7B-Instruct-v0.3",
        "mistral",
        7_248_023_552,
        *(4096, 32, 32, 8, 128, 14_336),
        32_768,
        32_768,
        "Apache-2.0",
        is_tied=False,
        system="the user's first turn",
    ),
    _modern("answerdotai/ModernBERT-base", 149_014_272, (768, 22, 12, 12, 64, 1152), 50_368, "Apache-2.0"),
    _modern("answerdotai/ModernBERT-large", 394_781_696, (1024, 28, 16, 16, 64, 2624), 50_368, "Apache-2.0"),
    _modern("jhu-clsp/mmBERT-small", 140_493_696, (384, 22, 6, 6, 64, 1152), 256_000, "MIT"),
    _modern("jhu-clsp/mmBERT-base", 306_939_648, (768, 22, 12, 12, 64, 1152), 256_000, "MIT"),
    _deberta("deberta-v3-base", 183_831_552, (768, 12, 12, 12, 64, 3072)),
    _deberta("deberta-v3-large", 434_012_160, (1024, 24, 16, 16, 64, 4096)),
    _deberta("mdeberta-v3-base", 278_218_752, (768, 12, 12, 12, 64, 3072), vocabulary=251_000),
    _xlm_r("base", 277_453_056, (768, 12, 12, 12, 64, 3072)),
    _xlm_r("large", 558_840_832, (1024, 24, 16, 16, 64, 4096)),
    _flan("small", 76_961_152, (512, 8, 6, 6, 64, 1024)),
    _flan("base", 247_577_856, (768, 12, 12, 12, 64, 2048)),
    _flan("large", 783_150_080, (1024, 24, 16, 16, 64, 2816)),
    _bart("base", 139_420_416, (768, 6, 12, 12, 64, 3072)),
    _bart("large", 406_291_456, (1024, 12, 16, 16, 64, 4096), is_pickled=True),
)

# Students that write and that two CPU cores tune within an hour or so; bytes of their files on the hub, tokenizer
# included.
SMALL_WRITERS: Final[dict[str, int]] = {
    "HuggingFaceTB/SmolLM2-135M-Instruct": 273_000_000,
    "google/gemma-3-270m-it": 575_000_000,
    "HuggingFaceTB/SmolLM2-360M-Instruct": 727_000_000,
    "Qwen/Qwen3-0.6B": 1_520_000_000,
}


def find_known(*, hub_id: str = "", family: str = "", parameters: int | None = None) -> KnownStudent | None:
    """A known student by its hub id, else by family and size: a folder is told by its weights.

    Weights that are stored with a copy of a tied output layer count it twice.
    """
    for student in KNOWN_STUDENTS:
        if hub_id and student.hub_id.lower() == hub_id.lower():
            return student
        copied = student.parameters + (math.prod((student.vocabulary, student.hidden)) if student.is_tied else 0)
        if not hub_id and family == student.family and parameters in (student.parameters, copied):
            return student
    return None
