"""A provider that bills, and answers what each stage of the drill asks; counts how often it was asked the same."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import signal
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jobs.rundir.attempt import engine_of
from jobs.rundir.identity import send_signal
from tests.campaigns.under_fire import readers
from tests.generation.provider_server import Provider, _send, answer

CHECK_WORDS = "It is a sentence of a mail."
_COMPANY = re.compile(r"\w+ Works \d+")


class StageProvider(Provider):
    """Speaks for all models of the drill; `asked` counts answers by stage and question.

    Args:
        runs: Folder of the engines' runs.
        wanted: The file by which a worker is told to die.
        every: Questions of a stage between two deaths of its engine, the default as `""`; the first dies of the second.
    """

    def __init__(self, runs: Path, wanted: Path, *, every: Mapping[str, int]) -> None:
        super().__init__(latency_s=0.0)
        self.runs, self.wanted, self.every = runs, wanted, every
        self.by_stage: Counter[str] = Counter()
        self.asked: Counter[tuple[str, str]] = Counter()

    async def _behave(self, what: str, path: str, headers: dict[str, str], writer: asyncio.StreamWriter) -> bool:
        messages = self.seen.pop()["body"]["messages"]
        prompt = "\n".join(str(message["content"]) for message in messages)
        stage, text = answer_to(prompt)
        self.billed[headers.get("idempotency-key", "?")] += 1
        self.asked[stage, hashlib.sha256(prompt.encode()).hexdigest()] += 1
        self.by_stage[stage] += 1
        if self.by_stage[stage] % self.every.get(stage, self.every[""]) == 2:
            return self._end_engine()
        body: dict[str, Any] = json.loads(answer(path, n=self.billed.total()))
        body["choices"][0]["message"]["content"] = text
        # As many tokens as such texts have: an order may cost no more than its estimate's upper end.
        used = (len(prompt) // 4, len(text) // 4 + 1)
        body["usage"] = {"prompt_tokens": used[0], "completion_tokens": used[1], "total_tokens": sum(used)}
        return await _send(writer, 200, json.dumps(body).encode())

    def _end_engine(self) -> bool:
        """End the engine that waits for this answer, and its worker with it, as when a machine goes down."""
        self.wanted.touch()
        for mark in self.runs.glob("*/*/engine.json"):
            if engine := engine_of(mark.parent):
                send_signal(engine, signal.SIGKILL)
        return False


def answer_to(prompt: str) -> tuple[str, str]:
    """The stage that a prompt is of, and what its model says."""
    found = _COMPANY.search(prompt)
    company = found[0] if found else "Somebody"
    if "Say what the pages tell." in prompt:
        quote = f"{company} opened a depot in Lund on 3 May."
        claim = {"text": f"{company} opened a depot in Lund.", "quote": quote, "url": "https://co.example/news"}
        return "research", json.dumps({"claims": [claim]})
    if "bears the claim out" in prompt:
        return "check" if CHECK_WORDS in prompt else "verify", "true"
    if "whether the company fits" in prompt:
        return "qualify", "poor" if company.endswith("3") else "good"
    if "Say what a reply to a business mail means." in prompt:
        return "sort", next(word for text, word in MEANINGS.items() if text in prompt)
    if "Answer the reply." in prompt:
        return "answer", "Hello {{contact.first_name}},\n\nit costs 40 euros a year.\n\nNora"
    words = f"{company} opened a depot in Lund. Would a short call on Thursday be of use?"
    return "write", f"Subject: A depot of {company}\n\nHi {{{{contact.first_name}}}},\n\n{words}\n\nNora"


MEANINGS = {readers.ASKS: "question", readers.LEAVES: "unsubscribe", readers.LATER: "not_now"}
