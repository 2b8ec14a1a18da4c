"""A text as paragraphs of sentences, to be changed sentence by sentence.

Greeting and signature are held apart, so that nothing is put before the one or behind the other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SENTENCE = re.compile(r"(?<=[.!?])\s+")
# A slot has a dot in it: only its end tells a greeting.
_GREETING = re.compile(r"\A[^\n!?]{1,60},\Z")


@dataclass
class Text:
    greeting: str
    paragraphs: list[list[str]]
    signature: str

    @classmethod
    def of(cls, text: str, *, signature: str = "") -> Text:
        """Cut a text; `signature` is what the task's texts end with, if they do."""
        body, end = text.strip(), signature.strip()
        if end and body.endswith(end):
            body = body[: -len(end)].rstrip()
        else:
            end = ""
        blocks = [block.strip() for block in re.split(r"\n\s*\n", body) if block.strip()]
        greeting = blocks.pop(0) if len(blocks) > 1 and _GREETING.match(blocks[0]) else ""
        if not end and len(blocks) > 1 and not re.search(r"[.!?]", blocks[-1]):
            # A task without a signature of its own: the last lines that form no sentence are one.
            end = blocks.pop()
        return cls(greeting, [_SENTENCE.split(block) for block in blocks], end)

    @property
    def words(self) -> int:
        """Words between greeting and signature."""
        return sum(len(sentence.split()) for block in self.paragraphs for sentence in block)

    def joined(self) -> str:
        blocks = [self.greeting, *(" ".join(block) for block in self.paragraphs if block), self.signature]
        return "\n\n".join(block for block in blocks if block)

    def drop_one(self) -> bool:
        """Drop the last statement that is neither the opening nor a question; False when none is left."""
        for block in reversed(self.paragraphs):
            for index in range(len(block) - 1, -1, -1):
                is_opening = block is self.paragraphs[0] and index == 0
                if "?" not in block[index] and not is_opening:
                    del block[index]
                    return True
        return False

    def drop_sentence_with(self, words: str, *, last: bool = False) -> None:
        """Drop the first (or last) sentence that holds these words, unless it is all there is."""
        matches = [
            (block, index) for block in self.paragraphs for index, sentence in enumerate(block) if words in sentence
        ]
        if matches and sum(map(len, self.paragraphs)) > 1:
            block, index = matches[-1 if last else 0]
            del block[index]

    def replace(self, words: str, by: str) -> None:
        """Put other words in place of these, and mend the blank or comma that an empty one leaves."""
        for block in self.paragraphs:
            for index, sentence in enumerate(block):
                if words in sentence:
                    mended = sentence.replace(words, by, 1)
                    mended = re.sub(r"\s+([.,;!?])", r"\1", re.sub(r"\s{2,}", " ", mended)).lstrip(" ,;")
                    block[index] = mended[:1].upper() + mended[1:]
                    return

    def add_first(self, sentence: str) -> None:
        self._first().insert(0, sentence)

    def add_after_opening(self, sentence: str) -> None:
        self._first().insert(1, sentence)

    def add_last(self, sentence: str) -> None:
        """Put a paragraph of one sentence at the end."""
        self.paragraphs.append([sentence])

    def add_before_question(self, sentence: str) -> None:
        """Put a sentence before the last question, or at the end where none is asked."""
        for at in range(len(self.paragraphs) - 1, -1, -1):
            for index, one in enumerate(self.paragraphs[at]):
                if "?" in one:
                    if index == 0 and at > 0:
                        self.paragraphs[at - 1].append(sentence)
                    else:
                        self.paragraphs[at].insert(index, sentence)
                    return
        self._last().append(sentence)

    def cut_to(self, chars: int) -> None:
        """Cut at a word so that the whole is no longer than this."""
        self.paragraphs = [[self.joined()[: chars + 1].rsplit(" ", 1)[0][:chars].rstrip(" ,;:")]]
        self.greeting = self.signature = ""

    def _first(self) -> list[str]:
        if not self.paragraphs:
            self.paragraphs.append([])
        return self.paragraphs[0]

    def _last(self) -> list[str]:
        self._first()
        return self.paragraphs[-1]
