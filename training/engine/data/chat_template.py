"""A student's chat template made the same on every day and for every reader: its date fixed, its thinking settled.

What is settled is written into the template's own text, so that it goes wherever the tokenizer goes: into checkpoints,
adapters, merged weights and GGUF files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final

from review.spec import thinking
from training.engine.contracts import Ways
from training.engine.data.rendering import TemplateRefusedError

# Switches that templates ask for, by their makers' names: Qwen, GLM and SmolLM; Granite and DeepSeek.
SWITCHES: Final = ("enable_thinking", "thinking")
_CLOCK: Final = re.compile(r"""\bstrftime_now\s*\(\s*(?:"([^"]*)"|'([^']*)')\s*\)""")
_HAS_CLOCK: Final = re.compile(r"\bstrftime_now\s+is\s+(not\s+)?defined\b")
_CLOCK_MACRO: Final = "{% macro strftime_now(form) %}"
_CODES: Final = ("%Y", "%y", "%B", "%b", "%m", "%d", "%-d", "%e", "%A", "%a", "%j", "%H", "%I", "%M", "%S", "%p")
_PROBE: Final = "probe of the template"

# One template, or several by name.
Template = str | Mapping[str, str]
Render = Callable[[Sequence[Mapping[str, str]], bool], str]


def with_fixed_day(template: Template, ways: Ways) -> Template:
    """A template, or several by name, with its day and its switch for thinking written into it."""
    if isinstance(template, Mapping):
        return {name: _with_fixed_day(text, ways) for name, text in template.items()}
    return _with_fixed_day(template, ways)


def _with_fixed_day(template: str, ways: Ways) -> str:
    text = _HAS_CLOCK.sub(lambda match: "false" if match.group(1) else "true", template)
    text = _CLOCK.sub(lambda match: _literal(ways.day.strftime(match.group(1) or match.group(2) or "")), text)
    if re.search(r"\bstrftime_now\s*\(", text) and _CLOCK_MACRO not in text:
        text = f"{_clock(ways.day)}{text}"
    return _switched(text, thinks=ways.thinks)


def with_opening(template: Template, opening: str) -> Template:
    """A template that writes `opening` where an answer begins."""
    if isinstance(template, Mapping):
        return {name: _with_opening(text, opening) for name, text in template.items()}
    return _with_opening(template, opening)


def _with_opening(template: str, opening: str) -> str:
    text = template.removesuffix("\n")
    return f"{text}{{% if add_generation_prompt %}}{{{{ {_literal(opening)} }}}}{{% endif %}}"


def with_end(template: Template, end: str) -> Template:
    """A template that goes on to mean this token by `eos_token`, whatever a tokenizer calls so later."""
    if isinstance(template, Mapping):
        return {name: _with_end(text, end) for name, text in template.items()}
    return _with_end(template, end)


def _with_end(template: str, end: str) -> str:
    is_named = re.search(r"\beos_token\b", template)
    return f"{{% set eos_token = {_literal(end)} %}}{template}" if is_named else template


def opening(render: Render, *, thinks: bool) -> str:
    """Return the text to add where an answer begins, so that the answer's first token is of its text.

    Some templates write an empty block of thinking, or the name of a channel, before each answer. Some open thinking
    that must be closed again. All of it belongs to the prompt.
    """
    question = [{"role": "user", "content": "?"}]
    before = render(question, True)
    if thinks:
        return ""
    if end := thinking.open_end(before):
        return f"\n{end}\n\n" if before.endswith("\n") else f"\n\n{end}\n\n"
    whole = render([*question, {"role": "assistant", "content": _PROBE}], False)
    if not whole.startswith(before):
        return ""
    between, answer, _ = whole[len(before) :].partition(_PROBE)
    return between if answer and between.strip() else ""


def folds_system(render: Render) -> bool:
    """Return whether a template has no place for a system turn, or not the same one before and after an answer."""
    system, question = {"role": "system", "content": "System probe."}, {"role": "user", "content": "User probe."}
    answer = {"role": "assistant", "content": _PROBE}
    try:
        before, whole = render([system, question], True), render([system, question, answer], False)
    except TemplateRefusedError:
        return True
    if "System probe." not in before:
        return True
    return "System probe." not in whole


def _switched(text: str, *, thinks: bool) -> str:
    switches = [name for name in SWITCHES if re.search(rf"\{{%-?[^%]*(?<![\w.'\"]){name}\b(?!['\"])", text)]
    value = "true" if thinks else "false"
    head = "".join(f"{{% set {name} = {value} %}}" for name in switches)
    return text if text.startswith(head) else f"{head}{text}"


def _clock(day: date) -> str:
    """Macro in place of the clock, for templates that compute their date format."""
    spelled = "".join(f" | replace({_literal(code)}, {_literal(day.strftime(code))})" for code in _CODES)
    return f"{_CLOCK_MACRO}{{{{ form{spelled} }}}}{{% endmacro %}}"


def _literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
