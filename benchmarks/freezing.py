"""Freeze golds of templated mails: seconds and processor seconds of each part, and the memory it takes.

`python -m benchmarks.freezing [ROWS] [sqlite|postgresql]`. Every mail is made from one of forty templates of shared
sentences with some words of its own, the hard case for near-duplicates; one mail in fifty repeats another one but for
two words. The freezing is compared with its floor: reading the same golds once and writing their `sft` lines to a file.
Last line: JSON with `ratio` (freezing / floor, both in processor seconds).
"""

from __future__ import annotations

import json
import os
import random
import resource
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from demo.scratch import prepare

SENTENCES, TEMPLATES, CHUNK = 400, 40, 5000


def main(rows: int, database: str) -> None:
    with ExitStack() as stack:
        if database == "postgresql":
            from benchmarks.databases import postgres

            os.environ["DATABASE_URL"] = stack.enter_context(postgres()).url
        prepare()
        print(json.dumps({"rows": rows, "database": database, **measure(rows)}))


def measure(rows: int) -> dict[str, Any]:
    from members.models import Member
    from review.datasets import freezing, selection
    from review.datasets import write_version as writing
    from review.datasets.dataset_filters import DatasetFilters

    admin = Member.objects.create(username="bench", is_superuser=True)
    task = judged_task(rows, admin)
    version = freezing.freeze(freezing.create(task, name="Bench", by=admin), by=admin)
    print(f"{rows:,} golds are there", file=sys.stderr)
    _, counting = clocked(lambda: selection.preview(task, DatasetFilters()))
    _, floor = clocked(lambda: read_and_write(task))
    _, near = clocked(lambda: selection.select(task, DatasetFilters()))
    written, write = clocked(lambda: writing.write(version.pk, report=lambda done, total: None))
    _, seal = clocked(lambda: writing.seal(version.pk, written))
    return {
        "kept": written["counts"]["rows"],
        "dropped": written["counts"]["dropped"],
        "count_on_the_page": counting,
        "select_with_near_duplicates": near,
        "freeze": {name: round(write[name] + seal[name], 2) for name in write},
        "floor": floor,
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "ratio": round((write["cpu_s"] + seal["cpu_s"]) / floor["cpu_s"], 2),
    }


def clocked(act: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    wall, cpu = time.perf_counter(), time.process_time()
    result = act()
    return result, {"wall_s": round(time.perf_counter() - wall, 2), "cpu_s": round(time.process_time() - cpu, 2)}


def judged_task(rows: int, admin: Any) -> Any:
    """Write records, drafts and verdicts straight into the tables: how they come there is not the question."""
    from django.utils import timezone

    from review.models import Decision, Draft, Gold, Record, Source, TaskVersion
    from review.spec import prompting, splits
    from review.spec.starters import STARTERS
    from review.tasks import authoring

    rng = random.Random(11)
    task = authoring.create(name="Bench", slug="bench", spec=STARTERS["outreach"].spec, by=admin)
    version = TaskVersion.objects.get(task=task)
    source = Source.objects.create(task=task, slug="bench", name="Bench", format="csv", sha256="0" * 64)
    write, now = writer(rng), timezone.now()
    sides = splits.draw(
        task.seed,
        {f"company {i // 2}" for i in range(rows)},
        train=task.train_fraction,
        validation=task.validation_fraction,
    )
    for start in range(0, rows, CHUNK):
        records, drafts, decisions, golds = [], [], [], []
        for i in range(start, min(start + CHUNK, rows)):
            facts = {"company": f"Company {i // 2}", "sector": f"sector {i % 60}", "role": "Head of Operations",
                     "size": i % 900 + 5, "city": f"Town {i % 700}", "trigger": f"opened depot number {i}"}  # fmt: skip
            title = facts["company"]
            fields = {"subject": f"For Company {i // 2}", "body": write(i)}
            record = Record(task=task, source=source, row_number=i + 1, title=title, facts=facts,
                            group=title.casefold(), split=sides[title.casefold()],
                            content_hash=uuid.uuid4().hex * 2)  # fmt: skip
            draft = Draft(task=task, task_version=version, record=record, state="decided", fields=fields,
                              fields_hash=prompting.fields_hash(fields), teacher="offline:bench")  # fmt: skip
            verdict = "edit" if i % 4 == 0 else "accept"
            decision = Decision(draft=draft, task=task, reviewer=admin, verdict=verdict, body_hash="0" * 64,
                                fields={**fields, "subject": "A better one"} if verdict == "edit" else None,
                                before_hash=draft.fields_hash, created_at=now)  # fmt: skip
            records.append(record)
            drafts.append(draft)
            decisions.append(decision)
            golds.append(Gold(draft=draft, task=task, decision=decision, verdict=verdict, decided_at=now))
        for model, made in ((Record, records), (Draft, drafts), (Decision, decisions), (Gold, golds)):
            model.objects.bulk_create(made, batch_size=500)
    return task


def writer(rng: random.Random) -> Callable[[int], str]:
    words = [
        f"{stem}{tail}"
        for stem in ("ka", "lo", "mi", "ne", "pu", "ra", "so", "ti", "vu", "ze") * 5
        for tail in range(60)
    ]
    sentences = [" ".join(rng.choices(words, k=rng.randrange(8, 16))).capitalize() + "." for _ in range(SENTENCES)]
    templates = [rng.sample(sentences, 8) for _ in range(TEMPLATES)]
    last: list[str] = []

    def write(i: int) -> str:
        if i % 50 == 49:
            return last[-1].replace("opened", "closed", 1)
        chosen = [sentence for sentence in templates[i % TEMPLATES] if rng.random() < 0.9]
        own = " ".join(rng.choices(words, k=rng.randrange(15, 30)))
        text = (
            f"Hi {{{{contact.first_name}}}},\n\nCompany {i // 2} opened depot {i}. "
            f"{own}.\n\n{' '.join(chosen)}\n\nWould a call help?"
        )
        last[:] = [text]
        return text

    return write


def read_and_write(task: Any) -> None:
    import tempfile

    from review.datasets import exports, plain_golds
    from review.models import Decision

    with tempfile.TemporaryFile() as file:
        for gold in plain_golds.judged_drafts(Decision.objects.filter(task=task, gold__isnull=False)):
            file.write(exports.line(exports.rows(gold)["sft"][0]))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, sys.argv[2] if len(sys.argv) > 2 else "sqlite")
