"""Beginning that the prompts of one order have in common: the part a provider can keep in its cache. Pure.

Found from the prompts themselves, so that it holds whatever the template is made of, and looked for again in each
prompt, so that one which differs is simply marked less far.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import TypeVar

from review.spec.prompting import Message

T = TypeVar("T")
# A provider keeps nothing shorter than about a thousand tokens; a cut earlier than this is never worth a block.
SHORTEST_CHARS = 256


@dataclass(frozen=True)
class PromptPrefix:
    """The beginning that prompts share.

    Attributes:
        whole: Messages that are equal in all of them, from the first on.
        part: How the next message begins in all of them, cut at the end of a line; may be empty.
    """

    whole: tuple[Message, ...] = ()
    part: str = ""

    @property
    def is_empty(self) -> bool:
        return not self.whole and not self.part

    @property
    def chars(self) -> int:
        return len(self.part) + sum(len(message["content"]) for message in self.whole)

    def reach(self, messages: Sequence[Message]) -> tuple[int, str]:
        """Measure how far one prompt goes along: the number of shared whole messages, and the next's shared part."""
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(self.whole, messages, strict=False)))
        if same < len(self.whole) or same >= len(messages):
            return same, ""
        return same, self.part if messages[same]["content"].startswith(self.part) else ""


def shared_prefix(prompts: Sequence[Sequence[Message]]) -> PromptPrefix:
    """The prefix of some prompts of an order. One prompt alone shares nothing: a cache would only cost."""
    if len(prompts) < 2:
        return PromptPrefix()
    first, shortest = prompts[0], min(map(len, prompts))
    same = sum(1 for _ in takewhile(lambda n: all(p[n] == first[n] for p in prompts), range(shortest)))
    if same == shortest:
        return PromptPrefix(tuple(first[:same]))
    following = [prompt[same] for prompt in prompts]
    if len({message["role"] for message in following}) > 1:
        return PromptPrefix(tuple(first[:same]))
    texts = [message["content"] for message in following]
    # What the first and the last in order share, all between them share.
    lowest, highest = min(texts), max(texts)
    same_chars = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(lowest, highest, strict=False)))
    part = lowest[: lowest.rfind("\n", 0, same_chars) + 1]
    return PromptPrefix(tuple(first[:same]), part if len(part) >= SHORTEST_CHARS else "")


def spread_sample(items: Sequence[T], count: int = 16) -> list[T]:
    """Items spread evenly over a list, the first and the last among them; all of a short one."""
    if len(items) <= count:
        return list(items)
    step = (len(items) - 1) / (count - 1)
    return [items[round(n * step)] for n in range(count)]
