"""Claim: 1,000 outputs of an evaluation take a fifth of the time that one `generate` after another takes, or less.

The demo's student on the CPU, for 1,000 records of a fictional outreach task. Ours is what an evaluation's engine does with a
system: it writes in batches under the task's grammar, parses, and scores against a gold. The peer is transformers' own `generate`
for one prompt after another, freely and unscored, with as many threads as serve it best. Turns of 200 records take turns, to the
same longest answer. The last line of output is one JSON object; `ratio` is the median over turns of the peer's seconds over ours
for an output, `token_ratio` the same for a token, since a grammar may end a text earlier or later.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from demo import scratch

if TYPE_CHECKING:
    from review.spec.schema import Facts
    from training.engine.model.loading import LoadedStudent

TURN, NEW_TOKENS = 200, 64
Turn = tuple[int, float]


def main(outputs: int) -> None:
    """Measure in turns, and print one JSON line last."""
    # As a supervisor starts engines: threads that spin while they wait are ruin on a busy host. The peer gets the same.
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
    scratch.prepare()
    student = _student()
    peer, turns = _peer(student), []
    for start in range(0, outputs, TURN):
        facts = [_facts(number) for number in range(start, start + TURN)]
        ours, theirs = _evaluate(student, facts), peer(facts)
        turns.append((ours, theirs))
        print(f"{start + TURN}: ours {ours[1]:.1f} s, one by one {theirs[1]:.1f} s", flush=True)
    print(json.dumps(_figures(turns)))


def _figures(turns: list[tuple[Turn, Turn]]) -> dict[str, float]:
    (ours, theirs), count = zip(*turns, strict=True), len(turns) * TURN
    return {
        "outputs": count,
        "ratio": round(statistics.median(peer[1] / own[1] for own, peer in turns), 2),
        "token_ratio": round(statistics.median(own[0] / own[1] * peer[1] / peer[0] for own, peer in turns), 2),
        "ours_s": round(sum(seconds for _, seconds in ours), 1),
        "one_by_one_s": round(sum(seconds for _, seconds in theirs), 1),
        "ours_tokens": sum(tokens for tokens, _ in ours),
        "one_by_one_tokens": sum(tokens for tokens, _ in theirs),
    }


def _student() -> LoadedStudent:
    import torch

    from training.engine.contracts import StudentRef
    from training.engine.model import loading
    from training.students.registration import demo_folder

    return loading.load(StudentRef(path=str(demo_folder())), dtype=torch.float32)


def _facts(number: int) -> Facts:
    return {"company": f"Northwind {number}", "sector": "cold storage", "trigger": f"opened depot {number} in Lund"}


def _evaluate(student: LoadedStudent, facts: list[Facts]) -> Turn:
    """What an evaluation does for these records: tokens written and seconds taken."""
    from evaluation.engine import systems
    from evaluation.engine.contracts import EvaluationSpec
    from evaluation.engine.reference_scores import ReferenceScorer
    from review.spec import prompting
    from review.spec.starters import outreach
    from training.engine.grammar.task_grammar import task_grammar
    from training.engine.model import generate

    task, references, written, began = outreach.SPEC, ReferenceScorer(), 0, time.perf_counter()
    answers = generate.generate(
        student.model,
        student.chat,
        [prompting.messages(task, each, audience="student") for each in facts],
        max_new_tokens=NEW_TOKENS,
        context_length=student.context_length,
        sampling=generate.sampling_for(task),
        grammar=task_grammar(task),
        batch_size=EvaluationSpec.model_fields["batch_size"].default,
    )
    for answer in answers:
        fields, _ = systems.parsed(task, answer)
        gold = f"Subject: {facts[answer.index]['company']}\n\nA depot in Lund needs doors that stay cold."
        references.scored(task, facts[answer.index], fields, answer.text, gold)
        written += answer.completion_tokens
    return written, time.perf_counter() - began


def _peer(student: LoadedStudent) -> Callable[[list[Facts]], Turn]:
    """transformers' `generate` for one prompt after another, each way with the threads that serve it best."""
    import torch

    from review.spec import prompting
    from review.spec.starters import outreach

    def one_by_one(facts: list[Facts]) -> Turn:
        written, began = 0, time.perf_counter()
        with torch.inference_mode():
            for each in facts:
                ids = torch.tensor(
                    [student.chat.prompt_ids(prompting.messages(outreach.SPEC, each, audience="student"))]
                )
                found = student.model.generate(
                    ids, attention_mask=torch.ones_like(ids), max_new_tokens=NEW_TOKENS, do_sample=False
                )
                written += found.shape[1] - ids.shape[1]
        return written, time.perf_counter() - began

    usual = torch.get_num_threads()

    def timed(threads: int, facts: list[Facts]) -> Turn:
        torch.set_num_threads(threads)
        try:
            return one_by_one(facts)
        finally:
            torch.set_num_threads(usual)

    few = [_facts(number) for number in range(3)]
    best = min((usual, 1), key=lambda threads: min(timed(threads, few)[1] for _ in range(2)))
    return lambda facts: timed(best, facts)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
