"""Chat templates rendered in a process of their own, with bounds for memory, time and length; and what they write.

That is tokens around turns: what ends an answer, what begins and ends thinking.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from review.spec import thinking
from training.engine.contracts import TrainError
from training.engine.data.control_tokens import RowRefusedError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

WORKER: Final = Path(__file__).with_name("render_worker.py")
# A conversation takes a fraction of a millisecond; the rest is for a busy machine.
LIMIT_S: Final = 20.0
# A conversation may become so many times as long as its texts, and the template's own words beside.
LONGER: Final = 8
OWN_CHARS: Final = 1_000_000
AT_ONCE: Final = 256

OVER: Final = {
    "memory": "needs too much memory",
    "length": "writes far more than the conversation holds",
    "time": f"does not end within {LIMIT_S:.0f} s, or needs too much memory",
}


class TemplateRefusedError(RowRefusedError):
    """The template has no place for these messages, or is no template; with its own words."""

    def __init__(self, words: str) -> None:
        super().__init__(
            "template_drops_text",
            f"the student's chat template refuses these messages: {words}",
            "Fix its chat_template, or choose a student whose template takes them.",
        )


class RenderProcess:
    """The process that renders, started when first asked and again after it has ended. Threads take turns."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a question; `{"over": "time"}` where the process did not live to give one."""
        line = json.dumps(question, default=str).encode() + b"\n"
        with self._lock:
            process = self._running()
            try:
                process.stdin.write(line)
                process.stdin.flush()
                reply = process.stdout.readline()
            except BrokenPipeError:
                reply = b""
            if not reply.endswith(b"\n"):
                self._end()
                return {"over": "time"}
        answer: dict[str, Any] = json.loads(reply)
        return answer

    def close(self) -> None:
        with self._lock:
            self._end()

    def _running(self) -> Any:
        # A fork has its parent's pipes, whose answers are not for it.
        if self._process is None or self._owner != os.getpid() or self._process.poll() is not None:
            self._owner = os.getpid()
            command = [sys.executable, "-I", str(WORKER)]
            pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
            self._process = subprocess.Popen(
                command, stdin=pipe, stdout=pipe, stderr=nothing, env={}, start_new_session=True
            )
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        process.kill()
        process.communicate()


_PROCESS: Final = RenderProcess()
atexit.register(_PROCESS.close)


def render(
    tokenizer: Any, conversations: Sequence[Sequence[Mapping[str, Any]]], *, answer_next: bool, limit_s: float = LIMIT_S
) -> list[str]:
    """Texts of conversations as the tokenizer's chat template writes them.

    Args:
        tokenizer: A transformers tokenizer with a chat template; its special tokens are told to the template by name.
        conversations: Messages with role and content.
        answer_next: Whether the text ends where an answer begins.
        limit_s: How long a few hundred of them may take.

    Raises:
        TemplateRefusedError: The template has no place for the messages, or is no template.
        TrainError: It goes past a bound.
    """
    texts: list[str] = []
    for start in range(0, len(conversations), AT_ONCE):
        part = [
            [{key: value for key, value in turn.items() if value is not None} for turn in turns]
            for turns in conversations[start : start + AT_ONCE]
        ]
        characters = sum(len(str(value)) for turns in part for turn in turns for value in turn.values())
        answer = _PROCESS.ask(
            {
                "template": tokenizer.get_chat_template(),
                "names": tokenizer.special_tokens_map,
                "conversations": part,
                "answer_next": answer_next,
                "limit_s": limit_s,
                "max_chars": LONGER * characters + OWN_CHARS,
            }
        )
        texts += _texts(answer)
    return texts


def _texts(answer: Mapping[str, Any]) -> list[str]:
    if "error" in answer:
        raise TemplateRefusedError(answer["error"])
    if "over" in answer:
        raise TrainError(
            "template_out_of_bounds",
            f"the student's chat template {OVER[answer['over']]}",
            "Read chat_template.jinja or tokenizer_config.json of the student; take students from makers you trust.",
        )
    return list(answer["texts"])


# Tags of thinking are words that this product reads itself, whatever a tokenizer calls them.
THINKING: Final = (*thinking.TAGS, *thinking.TAGS.values())
_PROBE: Final = "probe of the template"
_PROBED: Final = ({"role": "user", "content": "?"}, {"role": "assistant", "content": _PROBE})


def end_of_turn(tokenizer: PreTrainedTokenizerBase) -> int:
    """The special token the template writes right after an answer, else the tokenizer's end token."""
    _, answer, tail = render(tokenizer, [_PROBED], answer_next=False)[0].rpartition(_PROBE)
    # A template that changes the answer is refused by the first row it changes.
    tail = tail if answer else ""
    special = set(tokenizer.all_special_ids) | set(tokenizer.added_tokens_decoder)
    for token in tokenizer(tail, add_special_tokens=False)["input_ids"]:
        if token in special:
            return int(token)
    return int(tokenizer.eos_token_id)


def written_ids(tokenizer: PreTrainedTokenizerBase) -> tuple[int, ...]:
    """Tokens of a whole conversation as the template writes it."""
    text = render(tokenizer, [_PROBED], answer_next=False)[0]
    return tuple(dict.fromkeys(tokenizer(text, add_special_tokens=False)["input_ids"]))


def thinking_tokens(tokenizer: PreTrainedTokenizerBase) -> dict[int, str]:
    """Tags of thinking that are special tokens, by id."""
    added = tokenizer.added_tokens_decoder.items()
    return {
        token: str(added_token.content)
        for token, added_token in added
        if added_token.special and str(added_token.content) in THINKING
    }
