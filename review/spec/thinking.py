"""Removal of a model's thinking from its output, so that it never reaches a field.

Pure Python. Knows the tags around thinking; does not know models, templates or tokens.
"""

from __future__ import annotations

import re
from typing import Final

# Tags of reasoning models: Qwen, DeepSeek, GLM, SmolLM and others; Seed; Magistral; Command A; Kimi-VL.
TAGS: Final = {
    "<think>": "</think>",
    "<seed:think>": "</seed:think>",
    "[THINK]": "[/THINK]",
    "<|START_THINKING|>": "<|END_THINKING|>",
    "◁think▷": "◁/think▷",
}
# Tags that may also be words of a text: they mean thinking only at the beginning of an answer.
LEADING_TAGS: Final = {
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "<reasoning>": "</reasoning>",
}
_ALL: Final = TAGS | LEADING_TAGS
_FIRST_SIGNS: Final = frozenset(tag[0] for tag in (*_ALL, *_ALL.values()))
_EMPTY_BLOCK: Final = re.compile(
    "(?:" + "|".join(rf"{re.escape(start)}\s*{re.escape(end)}" for start, end in _ALL.items()) + r")\s*\Z"
)


class ThinkingFilter:
    """Streaming filter of thinking.

    Holds back text that may begin a tag. Thinking without an end removes all that follows.

    Args:
        opened: End tag of a block that the prompt itself has opened; empty without one.
    """

    def __init__(self, opened: str = "") -> None:
        self._until, self._held, self._begun = opened, "", False

    def add(self, text: str) -> str:
        """Add text, and return the part that is certainly no thinking."""
        self._held += text
        # Most text has no sign that begins a tag: nothing of it is searched or held back.
        if not self._until and _FIRST_SIGNS.isdisjoint(self._held):
            return self._show(len(self._held))
        shown = ""
        while True:
            if self._until:
                _, end, rest = self._held.partition(self._until)
                if not end:
                    self._held = self._held[-(len(self._until) - 1) :]
                    return shown
                self._held, self._until = rest.lstrip() if not self._begun else rest, ""
            at, tag = self._first_tag()
            if not tag:
                return shown + self._show(len(self._held) - self._tail())
            shown += self._show(at)
            self._held = self._held[len(tag) :]
            self._until = self._tags.get(tag, "")

    def end(self) -> str:
        """End the text, and return the held part that is no thinking."""
        return "" if self._until else self._show(len(self._held))

    @property
    def _tags(self) -> dict[str, str]:
        return TAGS if self._begun else _ALL

    def _first_tag(self) -> tuple[int, str]:
        """Return offset and text of the first tag, also of a lone end tag; -1 and empty without any."""
        names = [*TAGS, *TAGS.values()]
        if not self._begun:
            blank = len(self._held) - len(self._held.lstrip())
            names += [tag for tag in LEADING_TAGS if self._held.startswith(tag, blank)]
        return min(((at, tag) for tag in names if (at := self._held.find(tag)) >= 0), default=(-1, ""))

    def _show(self, upto: int) -> str:
        shown, self._held = self._held[:upto], self._held[upto:]
        self._begun = self._begun or bool(shown.strip())
        return shown

    def _tail(self) -> int:
        """Return the length of the longest suffix of the held text that may begin a tag."""
        names = [*TAGS, *TAGS.values(), *([] if self._begun else LEADING_TAGS)]
        longest = max(map(len, names)) - 1
        for length in range(min(len(self._held), longest), 0, -1):
            if any(tag.startswith(self._held[-length:]) for tag in names):
                return length
        return 0


def without_thinking(text: str, *, opened: str = "") -> str:
    """Strip the thinking, and blanks at both ends, from a whole answer.

    A lone end tag closes a block that the prompt opened: all text before it goes. A block that is never closed goes
    whole, so an answer with only thinking is empty.

    Args:
        opened: End tag of a block that the prompt is known to have opened.
    """
    if not opened:
        opened = _lone_end(text)
    reader = ThinkingFilter(opened)
    return (reader.add(text) + reader.end()).strip()


def open_end(prompt: str) -> str:
    """Return the tag that closes the thinking in which a prompt ends; empty where it ends outside."""
    at, end = max(((prompt.rfind(start), end) for start, end in _ALL.items()), default=(-1, ""))
    return end if at >= 0 and prompt.find(end, at) < 0 else ""


def without_empty_block(prompt: str) -> str:
    """Remove an empty block of thinking from the end of a prompt."""
    return _EMPTY_BLOCK.sub("", prompt)


def _lone_end(text: str) -> str:
    """Return the first tag of an answer, if it is an end tag."""
    ends = [(at, start, end) for start, end in _ALL.items() for at in (text.find(end),) if at >= 0]
    if not ends:
        return ""
    at, start, end = min(ends)
    return "" if 0 <= text.find(start) < at else end
