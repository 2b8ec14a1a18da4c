"""Comparison of a miniature with its teacher on mails: `python -m demo.held_out.compare SHEETS RUN_DIR --out FILE`.

Both write from the sheets of `demo.held_out.real_companies`, and the task's checks judge their mails. The held-out
sheets may be read once.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import torch

from demo import student
from demo.data.offer import demo_spec
from demo.offline_teacher import client
from evaluation.engine.systems import parsed
from evaluation.metrics import reference_free
from review.spec import prompting
from review.spec.schema import Facts, Fields
from stats.intervals import shares
from training.engine.contracts import StudentRef
from training.engine.model import generate, loading

BASE: Final = Path(student.__file__).parent / "weights"
SEED: Final = 2026
MOST_TOKENS: Final = 320
BATCH: Final = 32


def miniature_mails(run_dir: Path, sheets: list[Facts]) -> Iterator[tuple[int, Fields | None, str]]:
    """Decode a mail greedily for each sheet with a run's `model` or `adapter`; yield number, fields or None, text."""
    spec, whole = demo_spec(), run_dir / "model"
    base = StudentRef(path=str(whole if whole.is_dir() else BASE))
    writer = loading.load(base, dtype=torch.float32)
    if not whole.is_dir():
        writer = loading.load_tuned(writer, run_dir / "adapter")
    prompts = [prompting.messages(spec, facts, audience="student") for facts in sheets]
    answers = generate.generate(
        writer.model, writer.chat, prompts, max_new_tokens=MOST_TOKENS, sampling=generate.sampling_for(spec),
        batch_size=BATCH, context_length=writer.context_length,
    )  # fmt: skip
    for answer in answers:
        yield answer.index, parsed(spec, answer)[0], answer.text


def teacher_mail(facts: Facts) -> Fields:
    """Have the offline teacher write a mail, including deliberate faults."""
    return client.composed(demo_spec(), facts, seed=SEED).fields


def compare(sheets: list[Facts], run_dir: Path, out: Path) -> str:
    """Write both mails of each sheet with their scores to `out` as JSON lines, and return the result in words."""
    spec = demo_spec()
    passed: list[tuple[float, float]] = []
    companies = []
    with out.open("w", encoding="utf-8") as file:
        for number, fields, text in miniature_mails(run_dir, sheets):
            facts, teacher = sheets[number], teacher_mail(sheets[number])
            mine, _ = reference_free.scores(spec, facts, fields, text)
            theirs, _ = reference_free.scores(spec, facts, teacher)
            passed.append((mine["passes_all"], theirs["passes_all"]))
            companies.append(facts["company"])
            row = {"facts": facts, "miniature": {"text": text, "scores": mine},
                   "teacher": {"text": prompting.completion(spec, teacher), "scores": theirs}}  # fmt: skip
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    ours, others = zip(*passed, strict=True)
    gap = shares.paired_difference(ours, others, companies)
    return (
        f"{sum(ours):.0f} of {len(passed)} mails of the miniature pass every check, {sum(others):.0f} of its "
        f"teacher's: {100 * (sum(ours) - sum(others)) / len(passed):+.1f} points ({100 * gap.low:.1f} to "
        f"{100 * gap.high:.1f})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sheets", type=Path, help="development.jsonl or held_out.jsonl")
    parser.add_argument("run_dir", type=Path, help="folder with a run's model or adapter, or a recording of one")
    parser.add_argument("--out", type=Path, required=True, help="file for mails and scores")
    arguments = parser.parse_args()
    sheets = [json.loads(line) for line in arguments.sheets.read_text("utf-8").splitlines()]
    print(compare(sheets, arguments.run_dir, arguments.out))


if __name__ == "__main__":
    main()
