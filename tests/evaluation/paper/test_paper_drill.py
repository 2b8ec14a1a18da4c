"""The whole reproduction on a stand-in hub and a stand-in provider: tiny students, real engines,
and a worker that dies.

It shows that the order works, and says nothing of the paper: the students know no language.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from demo.data.claim_check import CLAIM_CHECK
from evaluation.models import Measurement, Study
from evaluation.paper import advance, parts, report
from evaluation.paper import order as orders
from evaluation.paper.advance import PartState
from evaluation.paper.plan import PaperRequest
from evaluation.studies.task_names import StudyReader
from jobs.models import Job
from jobs.states import JobState
from jobs.supervisor.spare_processes import SPARE_PROCESSES
from members.models import Member
from review.models import DatasetVersion, Record, Task
from review.states import Split
from tests import nursery
from tests.evaluation.paper.carrier import Carrier
from tests.evaluation.studies.whole import frozen, of_demo, save
from tests.generation.answering import Answering, Body
from tests.generation.variety.conftest import Serve, serve
from tests.review import factories
from tests.review.datasets import golds
from tests.training.engine.hub_server import COMMIT, HubServer
from training.costs import host_prices
from training.students import registration

__all__ = ["serve"]
pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    pytest.mark.stress,
    pytest.mark.timeout(1200),
    pytest.mark.django_db(transaction=True),
]
LLAMA_1B = "meta-llama/Llama-3.2-1B-Instruct"
WIDTHS = {parts.GEMMA_1B: 32, parts.GEMMA_4B: 48, parts.GEMMA_12B: 64, LLAMA_1B: 40}
LEFT_OUT = tuple(hub_id for hub_id in parts.FAMILIES if hub_id not in WIDTHS)
TRAIN, VALIDATION = 36, 9
# Parts in six orders, each some minutes on two cores, and how many of the report's statements each of them measures.
ORDERS = {
    "baseline": (("baseline", "samples", "cost", "live"), 4),
    "sizes": (("methods", "students"), 14),
    "data": (("filter", "minutes"), 2),
    "rest": (("transfer", "context", "precision", "retrieval"), 3),
    "open": (("logits", "shapes"), 2),
    "experts": (("experts",), 1),
}
# A tiny student is forecast by the size of the model whose name it bears.
BUDGET = Decimal(9_000_000)
DISK = shutil.disk_usage("/")._replace(free=1 << 40)


@pytest.fixture
def hub(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """A hub with a tiny student under each name; engines are forks that know its address."""
    from transformers import LlamaConfig, LlamaForCausalLM

    shape = {"max_position_embeddings": 32_768, "num_attention_heads": 2, "tokenizer": "demo"}
    folders = {
        hub_id: save(tmp_path / f"m{width}", LlamaForCausalLM, LlamaConfig, hidden_size=width, **shape)
        for hub_id, width in WIDTHS.items()
    }
    folders |= of_like_size(tmp_path)
    server = HubServer(folders[parts.GEMMA_4B], folders=folders)
    address = {"HF_ENDPOINT": server.url, "HF_HOME": str(tmp_path / "home"), "HF_HUB_OFFLINE": "0", "NO_PROXY": "*"}
    fetching = ("training.engine.download", "training.engine.isolate_expert")
    models = nursery.Nursery([*nursery.MODELS, *fetching], **address)

    class Forked(nursery.Standby):
        def become(self, run_dir: Path, secrets: bytes) -> None:
            if self._module.startswith("generation."):
                return super().become(run_dir, secrets)
            log = run_dir / "engine.log"
            given = {**address, **json.loads(secrets)}
            self.process = models.start(self._module, run_dir, log=log, leads=True, **given)
            return None

    settings.JOB_ENGINE_NICE, settings.STUDENT_ROOTS = 0, [tmp_path / "students"]
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(SPARE_PROCESSES, "take", Forked)
    # Room for what students of those names would write.
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: DISK)
    yield server
    models.close()
    server.close()


def of_like_size(folder: Path) -> dict[str, Path]:
    """A BART, a mixture and decoders of their size.

    All are downloaded, for those registered bear the sizes of their names.
    """
    from transformers import (
        BartConfig,
        BartForConditionalGeneration,
        LlamaConfig,
        LlamaForCausalLM,
        MistralConfig,
        MistralForCausalLM,
        MixtralConfig,
        MixtralForCausalLM,
    )

    shape = {"layers": 2, "attention_heads": 2, "ffn_dim": 48}
    sides = {f"{side}_{name}": size for side in ("encoder", "decoder") for name, size in shape.items()}
    start = {"bos_token_id": None, "decoder_start_token_id": 1, "forced_eos_token_id": None}
    bart = {"hidden_size": 24, "tie_word_embeddings": True, "tokenizer": "demo", **sides, **start}
    return {
        parts.BART: save(folder / "bart", BartForConditionalGeneration, BartConfig, **bart),
        parts.SMOLLM: save(folder / "smol", LlamaForCausalLM, LlamaConfig, tokenizer="demo"),
        parts.MIXTRAL: save(
            folder / "moe",
            MixtralForCausalLM,
            MixtralConfig,
            tokenizer="demo",
            num_local_experts=4,
            num_experts_per_tok=2,
        ),
        parts.MISTRAL: save(folder / "mistral", MistralForCausalLM, MistralConfig, tokenizer="demo"),
    }


@pytest.fixture
def task(admin: Member) -> Task:
    task = factories.make_task(by=admin)
    records = factories.make_records(factories.make_source(task), TRAIN + VALIDATION)
    for place, record in enumerate(records):
        record.split = Split.TRAIN if place < TRAIN else Split.VALIDATION
    Record.objects.bulk_update(records, ["split"])
    return task


@pytest.fixture
def claims(admin: Member) -> DatasetVersion:
    version = frozen(of_demo(CLAIM_CHECK, admin, train=12, validation=9), admin, "Claims")
    # It was frozen without its job, which no worker is to find.
    Job.objects.filter(pk=version.job_id).update(state=JobState.SUCCEEDED)
    return version


def mail(body: Body) -> str:
    """A sound mail whose words differ for every company."""
    company = re.search(r"[A-Z]\w+ Works \d+", json.dumps(body["messages"][-1], ensure_ascii=False))
    assert company is not None
    drawn = hashlib.sha256(company[0].encode()).hexdigest()
    words = " ".join(f"{word}{drawn[place : place + 3]}" for place, word in enumerate(2 * golds.WORDS))
    text = (
        f"Hi {{{{contact.first_name}}}},\n\n{company[0]} came up. {words}.\n\nWould a short call on Thursday suit you?"
    )
    return f"Subject: A question for you\n\n{text}\n\nBest regards"


@pytest.mark.parametrize(("keys", "statements"), ORDERS.values(), ids=ORDERS)
def test_every_statement_that_a_study_decides_ends_as_measured_though_workers_die(
    keys: tuple[str, ...],
    statements: int,
    hub: HubServer,
    task: Task,
    claims: DatasetVersion,
    admin: Member,
    serve: Serve,
    client: Client,
    tmp_path: Path,
) -> None:
    host_prices.set_price(host="default", usd_per_hour=Decimal(2), by=admin)
    for hub_id in WIDTHS:
        if hub_id != LLAMA_1B:
            registration.register_hub(hub_id=hub_id, revision=COMMIT, by=admin)
    teacher, provider = serve("mistral", mail)
    left_out = LEFT_OUT if "students" in keys else ()
    job = orders.start(task, PaperRequest(BUDGET, keys, teacher=teacher, others=(claims,), left_out=left_out), by=admin)

    Carrier(job, task, admin).carry()

    order = orders.last(task)
    assert order is not None
    states = {each.part.key: (each.state, each.reason) for each in advance.progress(order)}
    assert {key: state for key, (state, _) in states.items()} == {
        part.key: PartState.MEASURED if part.kind else PartState.COMPUTED for part in parts.chosen(keys)
    }, states
    require_nothing_paid_twice(provider, task, keys)
    data = report.build(task, order, StudyReader(admin))
    unmeasured = [each for each in data["statements"] if not each["here"]]
    assert {each["why_not"] for each in unmeasured} <= {"its part was not chosen"}
    assert len(data["statements"]) - len(unmeasured) == statements
    assert len(data["live"]) == 4 and "12,700" in data["live"][0]
    require_report(order, client, admin, task, tmp_path)
    require_reuse(task, admin, claims, keys)


def require_nothing_paid_twice(provider: Answering, task: Task, keys: tuple[str, ...]) -> None:
    """Hold the provider to one answer a prompt, and each fingerprint to one run."""
    prompts = Counter(json.dumps(body["messages"]) for body in provider.asked)
    assert max(prompts.values()) <= 2, "the desk's texts, and the evaluation's afresh"
    studies = Study.objects.filter(task=task)
    assert studies.count() == sum(part.kind is not None and not part.elsewhere for part in parts.chosen(keys))
    runs = [each.run_id for each in Measurement.objects.exclude(run=None)]
    assert len(runs) == len(set(runs))
    assert Measurement.objects.filter(scores={}).count() == 0


def require_report(order: orders.PaperOrder, client: Client, admin: Member, task: Task, folder: Path) -> None:
    """Hold the three files to the same statements, with commits, and the page to its figures."""
    call_command("paper", task.slug, report=folder / "report", by=admin.username)
    written = json.loads((folder / "report" / "paper.json").read_text())
    texts = [(folder / "report" / f"paper.{suffix}").read_text() for suffix in ("md", "html")]
    assert all(f"{order.parts[0].students[0]}@{COMMIT[:12]}" in text for text in texts)
    assert len(written["statements"]) == 23
    measured = [each for each in written["statements"] if each["here"]]
    assert all(each["address"] and each["measured_on"] and each["hardware"] for each in measured)
    forgotten = [each for each in measured if "general text" in each["here"]]
    assert all(not each["interval"] and each["here"].count("(full)") == 2 for each in forgotten)
    assert bool(forgotten) == ("methods" in {part.key for part in order.parts})
    assert Decimal(0) < order.spent_usd < 5
    client.force_login(admin)
    page = client.get(reverse("evaluation:paper-order", args=[task.slug])).content.decode()
    assert "measured" in page and "Reproduce the paper" in page


def require_reuse(task: Task, admin: Member, claims: DatasetVersion, keys: tuple[str, ...]) -> None:
    """Hold a second order on the same version to no cell that is not measured."""
    previous = orders.last(task)
    assert previous is not None
    left_out = tuple(previous.job.spec["left_out"])
    again = PaperRequest(BUDGET, keys, version=previous.version, others=(claims,), left_out=left_out)
    for plan in orders.plans_of(again):
        assert (plan.problem, plan.fingerprints) == ("", frozenset()), plan.part.key
