"""Tokens that a model will reason with before it answers, where nothing was measured yet. Pure Python.

Providers bill reasoning as answered tokens. The numbers are assumptions, so the range around them is wide; what this
teacher's own answers took replaces them after ten.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from generation.engine.contracts import TeacherSpec

# By the word that a request names its effort with, tokens a call.
EFFORT_TOKENS = {
    "none": 0,
    "disabled": 0,
    "minimal": 64,
    "low": 300,
    "medium": 1000,
    "high": 3000,
    "xhigh": 6000,
    "max": 6000,
}
# A budget is a limit; most calls stay far below it.
_OF_A_BUDGET = 1 / 3
# Models that reason unless they are told not to, by the word wherever it stands in their name.
_REASONS = re.compile(
    r"(?:^|[/.])(?:o[1-9](?!\d)|gpt-[5-9])(?!.*chat)|deepseek-(?:r1|reasoner)|\bqwq\b|qwen-?3(?!.*instruct)|magistral|"
    r"gemini-(?:2\.5|[3-9])|grok-(?:4|.*reasoning)(?!.*non-reasoning)|gpt-oss|think|claude-[a-z]+-[5-9](?!\d)",
    re.IGNORECASE,
)
# Claude models reason at high effort where a request names none, but for these two.
_THINKS_HARD = re.compile(r"claude-(?!(?:opus|haiku)-5[-.]5)", re.IGNORECASE)
# How far the assumption may be off, as factors.
LOW, HIGH = 0.25, 4.0


@dataclass(frozen=True)
class ReasoningGuess:
    """Tokens of reasoning a call: what is assumed, and between what it may lie."""

    tokens: float = 0.0
    low: float = 0.0
    high: float = 0.0


def guess(spec: TeacherSpec, *, answer: float) -> ReasoningGuess:
    """Guess what a teacher's model will reason with beside an answer of this length; nothing where it does not reason.

    Args:
        spec: The teacher; its `max_tokens` holds reasoning and answer together.
    """
    room = max(0.0, spec.max_tokens - answer)
    tokens = _tokens(spec)
    return ReasoningGuess(min(tokens, room), min(LOW * tokens, room), min(HIGH * tokens, room))


def _tokens(spec: TeacherSpec) -> float:
    parameters, reasons = spec.parameters, _REASONS.search(spec.model) is not None
    for name in ("thinking", "reasoning", "thinking_config", "chat_template_kwargs"):
        value = parameters.get(name)
        if isinstance(value, Mapping):
            if (tokens := _of_settings(value)) is not None:
                return tokens
            reasons = reasons or bool(value.get("type") or value.get("enabled") or value.get("enable_thinking"))
    if isinstance(effort := parameters.get("reasoning_effort"), str):
        return _of_effort(effort)
    if not reasons:
        return 0
    # At Anthropic an effort says how much is thought, not whether.
    config = parameters.get("output_config")
    if isinstance(config, Mapping) and isinstance(effort := config.get("effort"), str):
        return _of_effort(effort)
    return EFFORT_TOKENS["high" if _THINKS_HARD.search(spec.model) else "medium"]


def _of_effort(effort: str) -> float:
    return EFFORT_TOKENS.get(effort.lower(), EFFORT_TOKENS["medium"])


def _of_settings(value: Mapping[str, Any]) -> float | None:
    """Tokens by a provider's own object: switched off, a budget, or an effort; None without any of them."""
    is_off = value.get("enabled") is False or value.get("enable_thinking") is False
    if is_off or value.get("type") in ("disabled", "between_tools"):
        return 0
    for name in ("budget_tokens", "max_tokens", "thinking_budget"):
        budget = value.get(name)
        if isinstance(budget, (int, float)) and budget >= 0:
            return budget * _OF_A_BUDGET
    effort = value.get("effort")
    return _of_effort(effort) if isinstance(effort, str) else None
