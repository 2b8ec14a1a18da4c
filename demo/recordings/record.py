"""Recording anew, on an idle machine.

`python -m demo.recordings.record [training] [evaluation] [study] [stages] [answers]`.

The slug of a task (`ticket-routing`) records only its round.

Loads the demo into a folder of its own. Real engines do the named parts (all by default): the run of the mails, its
evaluation, its study, the runs of stages, and the miniatures' answers in the campaign. Other parts are played back.
Needed whenever the demo's drafts, task or student change; the tours then fail.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from demo.recordings import inputs
from demo.recordings.engine import LEFT_OUT, recording_of
from demo.scratch import prepare
from jobs.rundir.attempt import SPEC, read_result

if TYPE_CHECKING:
    from pathlib import Path

    from jobs.models import Job
    from members.models import Member

KINDS = frozenset({"training", "evaluation"})
STUDY, STAGES, ANSWERS = "study", "stages", "answers"
ALL = KINDS | {STUDY, STAGES, ANSWERS}


def main(kinds: frozenset[str]) -> None:
    """Record some kinds of jobs, play the others back, and print a summary."""
    prepare()
    from demo.data import load, rounds
    from demo.data.tasks import MAILS, TASKS
    from members.models import Member

    only = kinds & {each.slug for each in TASKS}
    load.load(print, until=load.FIRST_TASK if only else load.TUNING)
    admin = Member.objects.get(is_superuser=True)
    if only:
        keep_stages(admin, only)
        return
    rounds.do_round(MAILS, by=admin, live=kinds & KINDS, then=lambda job: tell(job, kinds))
    if STUDY in kinds:
        keep_study(admin)
    if STAGES in kinds:
        keep_stages(admin)
    if ANSWERS in kinds:
        keep_answers(admin)


def tell(job: Job, kinds: frozenset[str]) -> None:
    """Print the seconds of a job, and keep its results where its kind is recorded."""
    print(f"{job.title}: {seconds(job):.0f} s, load {os.getloadavg()[0]:.1f}", flush=True)
    if job.kind in kinds:
        keep(job)


def seconds(job: Job) -> float:
    assert job.started_at is not None
    assert job.finished_at is not None
    return float((job.finished_at - job.started_at).total_seconds())


def keep(job: Job, task: str = "") -> None:
    """Keep the results of a job's engine, under the task's name for tasks other than the mails."""
    from jobs.supervisor import run_dirs

    run_dir, folder = run_dirs.run_dir_of(job.pk, job.run_fence), recording_of(job.kind, task)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    body = json.loads((run_dir / SPEC).read_text())["body"]
    result = read_result(run_dir)
    assert result is not None
    names = [ref.path for ref in result.artefacts]
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".jsonl"):
            (folder / name).write_text(inputs.with_keys((run_dir / name).read_text(), body))
        else:
            shutil.copyfile(run_dir / name, folder / name)
    events = [json.loads(line) for line in (run_dir / "events.jsonl").read_text().splitlines()]
    text = [{"kind": event["kind"], "payload": event["payload"]} for event in events if event["kind"] not in LEFT_OUT]
    (folder / "events.jsonl").write_text("".join(inputs.with_keys(json.dumps(event), body) + "\n" for event in text))
    left = json.dumps({"summary": result.summary, "artefacts": names}, indent=1)
    (folder / "result.json").write_text(inputs.with_keys(left, body) + "\n")
    tell_about(folder, job, inputs.fingerprint(body, run_dir))


def keep_stages(admin: Member, only: frozenset[str] = frozenset()) -> None:
    """Have miniatures of tasks tuned and evaluated by their engines, and keep the results.

    Args:
        only: Slugs of the tasks; empty for all.
    """
    from demo.data import label_tasks, rounds
    from demo.data.tasks import TASKS

    for demo in TASKS:
        if demo.slug in rounds.STAGES and (not only or demo.slug in only):
            label_tasks.load_task(demo, by=admin)
            rounds.do_round(
                demo.slug,
                by=admin,
                live=KINDS,
                then=lambda job: keep(job, job.task_slug) if job.kind in KINDS else None,
            )


def keep_answers(admin: Member) -> None:
    """Have miniatures answer in the demo's campaign by their recorded weights, and keep the answers."""
    from demo.data import load
    from demo.data.experiment import load as experiment_load
    from demo.data.tasks import MAILS
    from demo.recordings import answers
    from review.models import Task

    answers.write({})
    tell_day(answers.FOLDER)
    load.load(print, until=load.CAMPAIGN)
    experiment_load.load(admin, Task.objects.get(slug=MAILS), contacts=experiment_load.FEWEST, live=True)


def keep_study(admin: Member) -> None:
    """Run the demo's studies, the transfer once its other task is loaded, and keep the measurements of their cells."""
    from demo.data import load, rounds
    from demo.data.company_news import COMPANY_NEWS
    from demo.recordings import study as recorded
    from training.models import Student

    for request in (*recorded.REQUESTS, recorded.TRANSFER):
        if request == recorded.TRANSFER:
            load.load(print, until=load.TRANSFER)
        version, student = rounds.first_version(), Student.objects.get(slug="demo")
        news = rounds.first_version(COMPANY_NEWS.slug) if request == recorded.TRANSFER else None
        assert version is not None
        others = [news] if news else []
        study, body = recorded.do_live(version, student, by=admin, request=request, others=others)
        recorded.keep(study, body, request)
        folder = recorded.kept(request)
        tell_about(folder, study.job, inputs.fingerprint(body, folder), rules=recorded.rules_of(body))
        print(f"{study.job.title}: {seconds(study.job):.0f} s, load {os.getloadavg()[0]:.1f}", flush=True)


def tell_about(folder: Path, job: Job, digest: str, **more: str) -> None:
    """Write the fingerprint of a recording's inputs, its date and its seconds."""
    about = {
        "inputs": digest,
        **more,
        "on": datetime.now(UTC).strftime("%-d %B %Y"),
        "seconds": round(seconds(job)),
        "machine": f"{os.cpu_count()} cores ({platform.machine()})",
        "load": round(os.getloadavg()[0], 1),
    }
    (folder / "recording.json").write_text(json.dumps(about, indent=1) + "\n")


def tell_day(folder: Path) -> None:
    """Write the date and machine of recorded answers."""
    about = {"on": datetime.now(UTC).strftime("%-d %B %Y"), "machine": f"{os.cpu_count()} cores ({platform.machine()})"}
    (folder / "recording.json").write_text(json.dumps(about, indent=1) + "\n")


if __name__ == "__main__":
    main(frozenset(sys.argv[1:]) or ALL)
