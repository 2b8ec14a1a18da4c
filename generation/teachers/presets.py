"""Providers that a new teacher's form offers filled in, with their OpenAI-compatible addresses.

The list is in docs/providers.md.

What is filled in is a beginning: the form is checked as if it had been typed. Knows no model and makes no row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from generation.states import Answers, Provider


@dataclass(frozen=True)
class Preset:
    """A choice, and what it fills in.

    Attributes:
        base_url: Its address; empty for the provider's own.
        concurrency: How many calls at once are a fair beginning.
        is_local: Whether it runs on a host of one's own, without a key.
        answers: How answers come: servers that hold every model they run to a schema are asked for JSON.
        start_line: The command that starts it on a `{port}`.
        is_moved: Whether its usual port is the site's own, so that another stands in its address.
    """

    slug: str
    label: str
    provider: Provider
    base_url: str = ""
    model_help: str = "Exactly as the provider names it."
    concurrency: int = 16
    is_local: bool = False
    answers: Answers = Answers.AUTO
    start_line: str = ""
    is_moved: bool = False

    @property
    def port(self) -> int | None:
        return urlsplit(self.base_url).port

    @property
    def start(self) -> str:
        return self.start_line.format(port=self.port)

    @property
    def initial(self) -> dict[str, str | int]:
        return {
            "provider": self.provider,
            "base_url": self.base_url,
            "concurrency": self.concurrency,
            "answers": self.answers,
        }


PRESETS = (
    Preset("openai", "OpenAI", Provider.OPENAI),
    Preset("anthropic", "Anthropic", Provider.ANTHROPIC),
    Preset(
        "azure",
        "Azure OpenAI",
        Provider.COMPATIBLE,
        "https://YOUR-RESOURCE.openai.azure.com/openai/v1",
        "The name of your deployment. Write your resource into the base URL.",
    ),
    Preset("gemini", "Gemini", Provider.COMPATIBLE, "https://generativelanguage.googleapis.com/v1beta/openai"),
    Preset(
        "openrouter",
        "OpenRouter",
        Provider.COMPATIBLE,
        "https://openrouter.ai/api/v1",
        "As vendor/model, such as meta-llama/llama-3.3-70b-instruct.",
    ),
    Preset("mistral", "Mistral", Provider.COMPATIBLE, "https://api.mistral.ai/v1"),
    Preset(
        "vllm",
        "vLLM",
        Provider.COMPATIBLE,
        "http://localhost:8000/v1",
        "As the server was started with (--served-model-name).",
        is_local=True,
        answers=Answers.JSON,
        start_line="vllm serve MODEL --port {port}",
    ),
    Preset(
        "ollama",
        "Ollama",
        Provider.COMPATIBLE,
        "http://localhost:11434/v1",
        "As it was pulled, such as llama3.1:8b.",
        concurrency=4,
        is_local=True,
        answers=Answers.JSON,
        start_line="OLLAMA_HOST=127.0.0.1:{port} ollama serve",
    ),
    Preset("openai-compatible", "Another server", Provider.COMPATIBLE),
)


def offered(own_port: int) -> list[Preset]:
    """Return the choices of a site that listens on a port.

    A server of this machine gets the next one where it is the same.
    """
    return [
        replace(preset, base_url=preset.base_url.replace(f":{own_port}/", f":{own_port + 1}/"), is_moved=True)
        if preset.is_local and preset.port == own_port
        else preset
        for preset in PRESETS
    ]


def preset_of(slug: str, presets: Sequence[Preset]) -> Preset:
    """Return the choice of this slug; the first for one that is unknown."""
    return next((preset for preset in presets if preset.slug == slug), presets[0])
