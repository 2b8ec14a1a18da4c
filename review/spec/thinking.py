"""Take the thinking out of what a model wrote, so that it never reaches a field.

Pure Python. Knows the tags that models think between; does not know models, templates or tokens.
"""

from __future__ import annotations

import re
from typing import Final

# Spellings of the models that think: Qwen, DeepSeek, GLM, SmolLM and others; Seed; Magistral; Command A; Kimi-VL.
TAGS: Final = {
    "<think>": "</think>",
    "<seed:think>": "</seed:think>",
    "[THINK]": "[/THINK]",
    "<|START_THINKING|>": "<|END_THINKING|>",
    "◁think▷": "◁/think▷",
}
# Words that a text may hold for reasons of its own: they mean thinking only where an answer begins with them.
LEADING_TAGS: Final = {
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "<reasoning>": "</reasoning>",
}
_ALL: Final = TAGS | LEADING_TAGS
_EMPTY_BLOCK: Final = re.compile(
    "(?:" + "|".join(rf"{re.escape(start)}\s*{re.escape(end)}" for start, end in _ALL.items()) + r")\s*\Z"
)


class ThinkingFilter:
    """Text without its thinking, piece by piece as it comes.

    What may be the beginning of a tag is held back. Thinking that never ends takes all that follows with it.

    Args:
        opened: The end that is waited for where the prompt itself has opened a block; empty where it has not.
    """

    def __init__(self, opened: str = "") -> None:
        self._until, self._held, self._begun = opened, "", False

    def add(self, text: str) -> str:
        """Take text in; returns what of it is no thinking, as far as that is known yet."""
        self._held += text
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
        """The text has ended: what was held back and is no thinking."""
        return "" if self._until else self._show(len(self._held))

    @property
    def _tags(self) -> dict[str, str]:
        return TAGS if self._begun else _ALL

    def _first_tag(self) -> tuple[int, str]:
        """Return the offset and the text of the first tag, which may be an end tag alone; -1 and empty without any."""
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
        """Length of the longest end of the held text that may become a tag."""
        names = [*TAGS, *TAGS.values(), *([] if self._begun else LEADING_TAGS)]
        longest = max(map(len, names)) - 1
        for length in range(min(len(self._held), longest), 0, -1):
            if any(tag.startswith(self._held[-length:]) for tag in names):
                return length
        return 0


def without_thinking(text: str, *, opened: str = "") -> str:
    """A whole answer without its thinking, blanks at both ends left out.

    An end without a beginning closes a block that the prompt had opened: all before it goes. A block that is never
    closed goes whole, so an answer that is thinking alone is empty.

    Args:
        opened: The end of a block that the prompt is known to have opened.
    """
    if not opened:
        opened = _lone_end(text)
    reader = ThinkingFilter(opened)
    return (reader.add(text) + reader.end()).strip()


def open_end(prompt: str) -> str:
    """The tag that would close the thinking a prompt ends within; empty where it ends in none."""
    at, end = max(((prompt.rfind(start), end) for start, end in _ALL.items()), default=(-1, ""))
    return end if at >= 0 and prompt.find(end, at) < 0 else ""


def without_empty_block(prompt: str) -> str:
    """A prompt without the empty thinking that stands at its end, where one does."""
    return _EMPTY_BLOCK.sub("", prompt)


def _lone_end(text: str) -> str:
    """The first tag of an answer, where that is one that ends thinking."""
    ends = [(at, start, end) for start, end in _ALL.items() for at in (text.find(end),) if at >= 0]
    if not ends:
        return ""
    at, start, end = min(ends)
    return "" if 0 <= text.find(start) < at else end
