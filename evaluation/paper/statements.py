"""The paper's statements, each with the newest of what was measured of a task, its evidence, or why nothing was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.urls import reverse

from evaluation.evaluations import costs, speeds
from evaluation.evaluations.run_inputs import tuned_name
from evaluation.models import Evaluation, Study
from evaluation.paper.advance import PartProgress
from evaluation.paper.parts import PARTS
from evaluation.states import StudyKind, SystemKind
from evaluation.studies import replication
from evaluation.studies.kinds import KINDS, precision
from evaluation.studies.number_wording import ranged
from evaluation.studies.task_names import StudyReader
from jobs.models import Host
from review.models import DatasetVersion, Task
from training.models import TrainingRun
from web.templatetags.figures import fixed, money, percent

SILENT_TEACHER: Final = "no teacher was compared, or none of its outputs passes every check"
NO_ORDER: Final = "No reproduction was ordered"
Progresses = Mapping[str, PartProgress]


@dataclass(frozen=True)
class Statement:
    """One statement of the paper; `why_not` says why nothing was measured, and the rest is empty then.

    `part` names the part of a reproduction that measures it.
    """

    paper: str
    here: str = ""
    why_not: str = ""
    interval: str = ""
    hardware: str = ""
    versions: str = ""
    measured_on: str = ""
    address: str = ""
    part: str = ""


def of_task(task: Task, reader: StudyReader, parts: Progresses) -> list[Statement]:
    """Return every statement, in the order of the report.

    Args:
        parts: Parts of an order by name, whose own runs are told of where it has them; empty without an order.
    """
    page = replication.of_task(task, reader)
    return [*claims(task, page, parts), *_models(page, parts), *_contradictions(page, parts)]


def claims(task: Task, page: Mapping[str, Any], parts: Progresses) -> list[Statement]:
    """Return the statements that are no line of the paper's table, and no contradiction.

    Args:
        page: The paper beside this task, as `replication.of_task` returns it.
    """
    by_study = (_claim(claim, parts) for claim in page["claims"])
    return [*by_study, _share_of_teacher(page, parts), *_costs_of_methods(task, parts), _cost(task, parts)]


def _claim(claim: Mapping[str, Any], parts: Progresses) -> Statement:
    measured, kind = claim["measured"] or {}, claim["kind"]
    words = " ".join((measured.get("sentence", ""), *_savings(measured, kind))).strip()
    part = next((part.key for part in PARTS if part.kind == kind), "")
    return replace(_by_study(claim["claim"], measured, words, _why_not(parts, kind=kind)), part=part)


def _savings(measured: Mapping[str, Any], kind: str) -> Iterable[str]:
    if measured and kind == StudyKind.PRECISION:
        body = Study.objects.select_related("verdict").get(pk=measured["study"]).verdict.body
        yield precision.savings_of(body["points"])


def _share_of_teacher(page: Mapping[str, Any], parts: Progresses) -> Statement:
    share = page["teacher_share"]["measured"] or {}
    words = (
        f"{percent(share.get('share'))} of the teacher's share of outputs that pass every check: "
        f"{percent(share.get('mean'))} of the miniature's, {percent(share.get('teacher'))} of the teacher's"
    )
    is_done = "baseline" in parts and any(each.is_done for each in parts["baseline"].evaluations)
    reason = SILENT_TEACHER if is_done else _why_not(parts, key="baseline")
    # The evaluation's interval is the miniature's own, not that of the ratio.
    return replace(_by_evaluation(page["teacher_share"]["claim"], share, words, reason), part="baseline", interval="")


def _models(page: Mapping[str, Any], parts: Progresses) -> Iterable[Statement]:
    for line in page["models"]:
        paper = f"{line['model']}: opened {line['opened']} %, response {line['responded']} %"
        measured = line["measured"] or {}
        words = f"{percent(measured.get('mean'))} of outputs pass every check"
        yield replace(_by_evaluation(paper, measured, words, _why_not(parts, key="students")), part="students")


def _contradictions(page: Mapping[str, Any], parts: Progresses) -> Iterable[Statement]:
    for line in page["contradictions"]:
        measured = line["measured"] or {}
        words = " ".join(each["sentence"] for each in measured.get("comparisons", []))
        reason = _why_not(parts, kind=StudyKind.STUDENTS)
        # Each sentence has its own range, of a pair that the study need not have registered.
        yield replace(_by_study(line["claim"], measured, words, reason), part="students", interval="")


def _costs_of_methods(task: Task, parts: Progresses) -> Iterable[Statement]:
    """Statements on what LoRA and full fine-tuning take, and on what they forget."""
    progress, reason = parts.get("methods"), _why_not(parts, key="methods")
    ended = Study.objects.filter(task=task, kind=StudyKind.METHODS, verdict__isnull=False).select_related("verdict")
    study = ended.order_by("-created_at").first()
    measured = {"study": study.pk} if study else {}
    ratios = "; ".join(_ratios(study.verdict.body)) if study else ""
    without = "the study has no costs of both methods" if study else reason
    for claim in KINDS[StudyKind.METHODS].findings[1:]:
        # The interval of the study is that of the loss on the task, here and below.
        yield replace(_by_study(claim, measured if ratios else {}, ratios, without), part="methods", interval="")
    losses: dict[str, float] = {}
    for each in progress.evaluations if progress else ():
        losses |= each.summary.get("general_nll_per_byte", {}) if each.is_done else {}
    here = f"loss on general text: {', '.join(f'{name} {fixed(loss, 3)}' for name, loss in sorted(losses.items()))}"
    paper = "Full fine-tuning risks forgetting."
    yield replace(_by_study(paper, measured if losses else {}, here, reason), part="methods", interval="")


def _ratios(body: Mapping[str, Any]) -> Iterable[str]:
    points = {point["arm"]: point for point in body["points"]}
    for arm, lora in points.items():
        full = points.get(arm.replace("LoRA", "full")) or points.get("Full")
        if "LoRA" in arm and full and lora["trainable_parameters"] and lora["seconds"] and full["seconds"]:
            share = percent(lora["trainable_parameters"] / full["trainable_parameters"], 2)
            yield (
                f"{arm} tunes {share} of the parameters; full takes {fixed(full['seconds'] / lora['seconds'], 1)} "
                "times the seconds"
            )


def _cost(task: Task, parts: Progresses) -> Statement:
    """1,000 outputs of a miniature beside its teacher's, at the host's price and the measured pace."""
    paper, part = "Inference is about 10 times cheaper than the large model's.", "baseline"
    own_evaluations = parts[part].evaluations if part in parts else replication.newest_evaluations(task)
    done = next((each for each in own_evaluations if each.is_done), None)
    kinds, prices = (done.summary.get("kinds", {}), costs.of(done)) if done else ({}, {})
    own = prices.get(tuned_name(done.run)) if done else None
    teacher = next(
        (prices[name] for name, kind in kinds.items() if kind == SystemKind.TEACHER and name in prices), None
    )
    if done is None or own is None:
        return Statement(paper, why_not=_why_not(parts, key=part), part=part)
    here = f"{money(own.usd)} for 1,000 outputs, {own.basis}"
    if teacher is not None and own.usd:
        here += f"; the teacher {money(teacher.usd)}, {teacher.basis}: {fixed(teacher.usd / own.usd, 1)} times"
    pace = speeds.of_run(done.run)
    here += f"; a GPU writes {pace.outputs_per_hour:,.0f} an hour" if pace else "; not measured on a GPU"
    return replace(_by_evaluation(paper, {"evaluation": done.pk}, here, ""), part=part)


def _by_study(paper: str, measured: Mapping[str, Any], here: str, why_not: str) -> Statement:
    if not measured:
        return Statement(paper, why_not=why_not)
    study = Study.objects.select_related("verdict", "dataset_version__dataset").get(pk=measured["study"])
    cells = study.cells.exclude(measurement__run=None)
    runs = [cell.measurement.run for cell in cells.select_related("measurement__run__job", "measurement__run__student")]
    compared = [study.verdict.body.get("difference"), *study.verdict.body.get("comparisons", [])]
    told = [each for each in compared if each and each["low"] is not None and each["high"] is not None]
    # Of several comparisons the sentence names one, with its range.
    interval = ranged(told[0]["low"], told[0]["high"], told[0].get("level", 0.95)) if len(told) == 1 else ""
    address, at = reverse("evaluation:study", args=[study.pk]), study.verdict.written_at
    return _with_evidence(paper, here, interval, [run for run in runs if run], study.dataset_version, at, address)


def _by_evaluation(paper: str, measured: Mapping[str, Any], here: str, why_not: str) -> Statement:
    if not measured:
        return Statement(paper, why_not=why_not)
    rows = Evaluation.objects.select_related("run__job", "run__student", "dataset_version__dataset")
    evaluation, low, high = rows.get(pk=measured["evaluation"]), measured.get("low"), measured.get("high")
    interval = "" if low is None or high is None else f"{percent(low)} to {percent(high)}"
    address, at = reverse("evaluation:detail", args=[evaluation.pk]), evaluation.created_at
    return _with_evidence(paper, here, interval, [evaluation.run], evaluation.dataset_version, at, address)


def _with_evidence(
    paper: str, here: str, interval: str, runs: Sequence[TrainingRun], data: DatasetVersion, at: datetime, address: str
) -> Statement:
    """A measured statement, with its runs' devices, and its students by hub id and commit where they have them."""
    gpus = {host.pk: {gpu["name"] for gpu in host.gpus} for host in Host.objects.all()}
    devices: set[str] = set()
    for run in runs:
        device = str(run.summary.get("device", ""))
        devices |= (gpus.get(run.job.host_id) or {device}) if device.startswith("cuda") else {device}
    students = {
        f"{each.hub_id}@{each.revision[:12]}" if each.hub_id else each.slug for each in (run.student for run in runs)
    }
    versions, hardware = ", ".join([str(data), *sorted(students)]), ", ".join(sorted(devices - {""}))
    return Statement(paper, here, "", interval, hardware, versions, f"{at:%-d %B %Y}", address)


def _why_not(parts: Progresses, *, kind: str = "", key: str = "") -> str:
    """Reason why a kind of study, or the evaluations of a part, brought nothing."""
    if not parts:
        return NO_ORDER
    own = [each for each in parts.values() if each.part.key == key or each.part.kind == (kind or key)]
    problems = [
        problem for each in own for problem in (*(it.problem for it in each.evaluations), each.reason) if problem
    ]
    states = [f"part {each.part.key} is {each.state}" for each in own]
    return next(iter([*problems, *states]), "its part was not chosen")
