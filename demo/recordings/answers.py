"""Engine that plays back recorded answers of the demo's miniatures: `python -m demo.recordings.answers RUN_DIR`.

Answers are found by prompt, in any load of the demo. The product's own supervisor turns them into calls, drafts and
marks.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from demo.recordings.engine import KEPT
from generation.engine.contracts import GenerationSpec
from generation.engine.plan import call_id
from jobs.contracts import EngineError
from jobs.rundir import RunDir
from review.spec import prompting
from review.spec.task_spec import TaskSpec

FOLDER = KEPT / "campaign"
ANSWERS = FOLDER / "answers.jsonl"


def main(path: str) -> None:
    """Play the answers to every record of an order, or fail with a message."""
    run = RunDir.open(path)
    play(run, GenerationSpec.model_validate(run.spec.body))


def play(run: RunDir, spec: GenerationSpec) -> None:
    """Report the recorded answer to each prompt of an order, with its recorded seconds."""
    task, answers = TaskSpec.model_validate(spec.task), kept_answers()
    prompts = [prompt_of(task, record.facts) for record in spec.records]
    if unknown := [record.title for record, prompt in zip(spec.records, prompts, strict=True) if prompt not in answers]:
        message = f"What was recorded was made from other records than {unknown[0] or 'these'}."
        hint = "Launch it again to run it here. Developers: python -m demo.recordings.record answers"
        run.finish("failed", error=EngineError(code="other_inputs", message=message, hint=hint))
        return
    run.emit("log", level="info", message="Recorded answers, played back here.")
    for index, (record, prompt) in enumerate(zip(spec.records, prompts, strict=True)):
        answer = answers[prompt]
        told = {
            "call_id": call_id(UUID(spec.order), index),
            "index": index,
            "record": record.id,
            "teacher": 0,
            "way": "live",
            "prompt_hash": prompt,
            "latency_s": answer["seconds"],
            "cost_usd": 0.0,
            "model": spec.teacher.model,
            "usage": {"input_tokens": answer["input_tokens"], "output_tokens": answer["output_tokens"]},
            "parameters": spec.teacher.parameters,
            "labelled_defects": [],
        }
        if answer["fields"] is None:
            run.emit("failure", **told, code="bad_shape", message=answer["error"], excerpt=answer["text"])
        else:
            run.emit("draft", **told, fields=answer["fields"])
    run.emit("progress", done=len(prompts), total=len(prompts), unit="drafts")
    run.finish("succeeded", summary={"drafts": len(prompts), "failures": 0, "uncertain": 0, "cost_usd": 0.0})


def prompt_of(task: TaskSpec, facts: dict[str, Any]) -> str:
    """Hash the student's prompt for these facts."""
    return prompting.prompt_hash(prompting.messages(task, facts, audience="student"))


def kept_answers() -> dict[str, dict[str, Any]]:
    """Read recorded answers by the hash of their prompt."""
    lines = ANSWERS.read_text(encoding="utf-8").splitlines() if ANSWERS.exists() else []
    return {answer["prompt"]: answer for answer in map(json.loads, lines)}


def write(answers: dict[str, dict[str, Any]]) -> None:
    """Write answers in a stable order."""
    Path(FOLDER).mkdir(parents=True, exist_ok=True)
    lines = (json.dumps(answers[prompt], sort_keys=True) for prompt in sorted(answers))
    ANSWERS.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
