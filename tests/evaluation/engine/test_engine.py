"""The evaluation engine, run as a supervisor runs it, on a tiny model made here."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from evaluation.engine.contracts import EvaluationSpec, System
from evaluation.engine.likelihood import LikelihoodScorer
from evaluation.engine.prompts import AskedPrompts, prompts_for
from jobs.contracts import SpecEnvelope
from jobs.rundir import write_spec
from review.spec import prompting
from review.spec.schema import InputField, OutputField
from review.spec.task_spec import Check, TaskSpec
from tests.nursery import SETTINGS, nursery
from tests.training.engine.chats import NO_SYSTEM, make_chatty
from tests.training.engine.conftest import make_model, make_tokenizer
from training.engine.data.chat import open_chat
from training.engine.model import generate
from training.engine.model.loading import LoadedStudent

pytestmark = pytest.mark.engine

SPEC = TaskSpec(
    instruction="Write.",
    input_schema=(InputField(name="company", role="group"),),
    output_schema=(OutputField(name="subject", role="subject"), OutputField(name="body", role="body")),
    checks=(Check(kind="names_company"), Check(kind="unsupported")),
    teacher_template="{{facts}}",
    student_template="{{facts}}",
)
RECORDS = [
    {"id": f"r{i}", "facts": {"company": name}} for i, name in enumerate(("Northwind", "Lattice", "Ostra", "Quill"))
]


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("student")
    tokenizer = make_tokenizer()
    make_model("llama", len(tokenizer)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def evaluate(run_dir: Path, student: Path, **more: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    lay_evaluation(run_dir, student, **more)
    nursery().start("evaluation.engine", run_dir, log=run_dir / "engine.log").wait(240)
    return left_in(run_dir)


def lay_evaluation(run_dir: Path, student: Path, **more: Any) -> None:
    body = {
        "task": SPEC.canonical(), "records": RECORDS, "max_new_tokens": 12, "draws": 200, "device": "cpu",
        "systems": [{"name": "base", "student": {"path": str(student)}, "method": "base"}], **more,
    }  # fmt: skip
    write_spec(run_dir, SpecEnvelope(job="j", kind="evaluation", fence=1, lease_s=60, body=body))


def left_in(run_dir: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    result = json.loads((run_dir / "result.json").read_text())
    lines = run_dir / "outputs.jsonl"
    return result, [json.loads(line) for line in lines.read_text().splitlines()] if lines.exists() else []


@pytest.mark.slow
def test_base_and_teacher_are_scored_on_the_same_records(tmp_path: Path, student: Path) -> None:
    mails = [
        {"record": r["id"], "fields": {"subject": "Hello", "body": f"For {r['facts']['company']}."}} for r in RECORDS
    ]
    outputs = [*mails[:3], {"record": "r3", "error": "refused"}]
    teacher = {"name": "teacher", "method": "teacher", "outputs": outputs}
    golds = [{"record": "r0", "completion": "Subject: Hello\n\nFor Northwind."}]

    result, outputs = evaluate(tmp_path / "run", student, written=[teacher], golds=golds)

    report = result["summary"]
    assert result["outcome"] == "succeeded"
    assert len(outputs) == 8
    assert (report["records"], report["with_gold"]) == (4, 1)
    assert report["systems"]["teacher"]["passes_names_company"]["mean"] == 0.75
    assert report["systems"]["teacher"]["chrf"] == {
        "mean": 100.0, "low": None, "high": None, "n": 1, "companies": 1,
    }  # fmt: skip
    assert report["systems"]["base"]["has_shape"]["n"] == 4
    assert report["systems"]["base"]["gold_nll_per_byte"]["n"] == 1


@pytest.mark.slow
def test_the_same_base_is_asked_with_the_teachers_prompt_and_examples_too(tmp_path: Path, student: Path) -> None:
    shown = [{"facts": {"company": "Halden"}, "fields": {"subject": "Hello", "body": "For Halden."}}]
    bases = [
        {"name": "base", "student": {"path": str(student)}, "method": "base"},
        {"name": "asked well", "student": {"path": str(student)}, "method": "base", "kind": "baseline",
         "audience": "teacher", "shown": [{"record": r["id"], "examples": shown} for r in RECORDS]},
    ]  # fmt: skip
    golds = [{"record": "r0", "completion": "Subject: Hello\n\nFor Northwind."}]

    result, outputs = evaluate(tmp_path / "run", student, systems=bases, golds=golds)

    report = result["summary"]
    assert result["outcome"] == "succeeded", result
    assert {(each["system"], each["record"]) for each in outputs} == {
        (system, record["id"]) for system in ("base", "asked well") for record in RECORDS
    }
    assert "gold_nll_per_byte" not in report["systems"]["asked well"]
    assert list(report["general_nll_per_byte"]) == ["base"]


LONG = SPEC.model_copy(update={"teacher_template": "Write with care. " * 40 + "{{facts}}"})


@pytest.mark.parametrize(
    ("task", "of_room", "shown", "begins"),
    [
        (SPEC, "of two", ["Two", "One"], "company: Two"),
        (SPEC, "of one", ["One"], "company: One"),
        (LONG, "of two", ["Two", "One"], "Write with care."),
        (LONG, "short, of two", ["Two", "One"], "company: Two"),
        (LONG, "nothing", [], "Write with care."),
    ],
)
def test_examples_are_shown_as_far_as_there_is_room_the_most_alike_next_to_the_question(
    task: TaskSpec, of_room: str, shown: list[str], begins: str
) -> None:
    chat = open_chat(make_tokenizer())
    examples = [{"facts": {"company": name}, "fields": {"subject": name, "body": name}} for name in ("One", "Two")]

    def asked(task: TaskSpec, context: int | None, count: int) -> AskedPrompts:
        spec = EvaluationSpec.model_validate({
            "task": task.canonical(), "records": RECORDS[:1],
            "systems": [{"name": "b", "student": {"path": "/x"}, "method": "base", "kind": "baseline",
                         "audience": "teacher", "shown": [{"record": "r0", "examples": examples[:count]}]}],
        })  # fmt: skip
        model: Any = None
        return prompts_for(spec, spec.systems[0], LoadedStudent(model, chat, "llama", context, 0))

    def length(task: TaskSpec, count: int) -> int:
        return len(chat.prompt_ids(asked(task, None, count).prompts[0]))

    answer = max(len(chat.prompt_ids([{"role": "user", "content": f"Subject: {n}\n\n{n}"}])) for n in ("One", "Two"))
    room = {
        "of two": length(task, 2) + answer,
        "of one": length(task, 1) + answer,
        "short, of two": length(SPEC, 2) + answer,
        "nothing": 8,
    }

    found = asked(task, room[of_room], 2)

    [prompt] = found.prompts
    assert [turn["content"].split()[-1] for turn in prompt if turn["role"] == "assistant"] == shown
    assert prompt[0]["content"].startswith(begins)
    assert (found.shown, found.offered) == ([len(shown)], [2])


def test_a_record_that_cannot_be_read_fails_alone_where_examples_are_shown() -> None:
    # The template drops what stands behind a bar, so the student would not read all of the record.
    template = "{% for turn in messages %}<|{{ turn.role }}|>{{ turn.content.split('|')[0] }}<|end|>{% endfor %}"
    chat = open_chat(make_tokenizer(template=template))
    examples = [{"facts": {"company": "One"}, "fields": {"subject": "One", "body": "One"}}]
    records = [*RECORDS[:1], {"id": "odd", "facts": {"company": "Pipe | Sons"}}]
    spec = EvaluationSpec.model_validate({
        "task": SPEC.canonical(), "records": records,
        "systems": [{"name": "b", "student": {"path": "/x"}, "method": "base", "kind": "baseline",
                     "audience": "teacher", "shown": [{"record": r["id"], "examples": examples} for r in records]}],
    })  # fmt: skip
    model = make_model("llama", len(chat.tokenizer))

    asked = prompts_for(spec, spec.systems[0], LoadedStudent(model, chat, "llama", 512, 0))
    answers = list(generate.generate(model, chat, asked.prompts, max_new_tokens=2))

    assert asked.shown == [1, 0]
    assert {answer.index: answer.is_unfit for answer in answers} == {0: False, 1: True}


def test_only_examples_that_had_no_room_are_told() -> None:
    system = System.model_validate({"name": "b", "student": {"path": "/x"}, "method": "base"})

    assert AskedPrompts([[], []], [1, 3], [1, 3]).note(system) == ""
    assert AskedPrompts([[], []], [1, 2], [1, 3]).note(system).startswith("b: 1 of 2 prompts had no room")


@pytest.mark.slow
def test_the_likelihood_of_a_gold_is_what_the_model_itself_gives_it(tmp_path: Path, student: Path) -> None:
    gold = "Subject: Hello\n\nFor Northwind."

    result, _ = evaluate(tmp_path / "run", student, golds=[{"record": "r0", "completion": gold}])

    assert math.isclose(
        result["summary"]["systems"]["base"]["gold_nll_per_byte"]["mean"], by_hand(student, gold), rel_tol=1e-4
    )


@pytest.mark.slow
def test_what_does_not_fit_the_context_is_said_in_the_report(tmp_path: Path) -> None:
    folder, tokenizer = tmp_path / "student", make_tokenizer()
    tokenizer.save_pretrained(folder)
    model = make_model("llama", len(tokenizer))
    model.config.max_position_embeddings = 40
    model.save_pretrained(folder)
    long = [{"id": "long", "facts": {"company": "Northwind " * 40}}]
    golds = [
        {"record": "long", "completion": "Subject: Hello\n\nHi."},
        {"record": "r0", "completion": "Subject: A\n\nB"},
    ]

    result, outputs = evaluate(tmp_path / "run", folder, records=[*RECORDS, *long], golds=golds, max_new_tokens=512)

    report, unfit = result["summary"], next(output for output in outputs if output["record"] == "long")
    assert result["outcome"] == "succeeded", result
    assert "leaves no room" in unfit["error"]
    assert (unfit["text"], unfit["tokens"]) == ("", 0)
    assert "gold_nll_per_byte" not in unfit["scores"]
    assert report["systems"]["base"]["gold_nll_per_byte"]["n"] == 1
    assert any(note.startswith("base: 1 of 5 prompts leave no room") for note in report["notes"])


def test_forgetting_is_read_behind_the_token_that_all_texts_begin_with(tmp_path: Path) -> None:
    tokenizer = make_chatty(NO_SYSTEM, begins=True)
    model = make_model("gemma", len(tokenizer)).eval()
    chat, text = open_chat(tokenizer), "Rivers run to the sea. " * 40

    found = LikelihoodScorer(LoadedStudent(model, chat, "gemma3_text", 64, 0), torch.device("cpu")).general(text)

    ids, nats = tokenizer(text, add_special_tokens=False)["input_ids"], 0.0
    for start in range(0, len(ids), 63):
        window = torch.tensor([[tokenizer.bos_token_id, *ids[start : start + 63]]])
        with torch.no_grad():
            logits = model(input_ids=window).logits[0, :-1]
        nats += float(torch.nn.functional.cross_entropy(logits.float(), window[0, 1:], reduction="sum"))
    assert chat.begin == [tokenizer.bos_token_id]
    assert sum(found.passages) == pytest.approx(nats, rel=1e-4)
    assert math.isclose(found.nll_per_byte, nats / len(text.encode()), rel_tol=1e-4)


def by_hand(student: Path, gold: str) -> float:
    """Sum of next-token losses of answer and end of turn, one token after the other, over its bytes."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(student), AutoModelForCausalLM.from_pretrained(student).float()
    prompt = prompting.messages(SPEC, RECORDS[0]["facts"], audience="student")
    before = tokenizer.apply_chat_template(prompt, tokenize=True, add_generation_prompt=True, return_dict=True)[
        "input_ids"
    ]
    after = tokenizer(gold, add_special_tokens=False)["input_ids"] + [tokenizer.eos_token_id]
    with torch.no_grad():
        scores = model(torch.tensor([before + after])).logits[0].log_softmax(-1)
    nats = -sum(float(scores[len(before) - 1 + i, token]) for i, token in enumerate(after))
    return nats / len(gold.encode())


@pytest.mark.slow
def test_a_student_that_is_not_there_is_said_with_a_hint(tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    lay_evaluation(run_dir, tmp_path / "nowhere")

    # From nothing, as a program: its exit status says it too.
    program = [sys.executable, "-m", "evaluation.engine", str(run_dir)]
    ended = subprocess.run(program, check=False, timeout=240, env={**os.environ, **SETTINGS})

    result, outputs = left_in(run_dir)
    assert ended.returncode == 1
    assert result["outcome"] == "failed"
    assert "nowhere" in result["error"]["message"]
    assert result["error"]["hint"]
    assert outputs == []
