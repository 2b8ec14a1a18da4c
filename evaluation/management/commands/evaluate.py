"""`manage.py evaluate TASK --run RUN --gate`: how a run stands before its task's gate.

Knows words and exit codes alone.
"""

from __future__ import annotations

import json
import time
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser

from evaluation.evaluations import tables
from evaluation.gates import from_shell, queries
from evaluation.models import Evaluation
from web.errors import Refusal

BAD_USAGE = 2
PAUSE_S = 2.0


class Command(BaseCommand):
    help = (
        "Prints the state of a training run's newest evaluation. With --gate, exits with 0 if it passes its task's "
        "gate, with 1 and the reasons if it fails or is undecided, and with 2 if the request is invalid. Waits for an "
        "evaluation that workers are still running."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("task", help="slug of the task")
        parser.add_argument("--run", required=True, help="number of the run in its task, or its id")
        parser.add_argument("--suite", default="", help="name or id of a suite; whole splits where left out")
        parser.add_argument("--gate", action="store_true", help="judge it by the task's gate")
        parser.add_argument("--start", action="store_true", help="order a new evaluation first")
        parser.add_argument("--timeout", type=float, default=3600.0, help="seconds to wait (default: %(default)s)")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, task: str, run: str, suite: str, **options: Any) -> None:
        try:
            training_run = from_shell.find_run(task, run)
            if options["gate"] and queries.gate_of(training_run.task) is None:
                raise Refusal("no_gate", f"The task '{task}' has no gate.", hint="A lead sets one under Evaluation.")
            started = (
                from_shell.start(training_run, suite=suite)
                if options["start"]
                else from_shell.newest(training_run, suite=suite)
            )
        except Refusal as refusal:
            raise CommandError(f"{refusal.message} {refusal.hint}".strip(), returncode=BAD_USAGE) from None
        if started is None:
            self._end(
                f"{training_run.name} was not evaluated. Order an evaluation with --start.", as_json=options["json"]
            )
        over = time.monotonic() + options["timeout"]
        evaluation = from_shell.wait(
            started.pk, is_over=lambda: time.monotonic() >= over, pause=lambda: time.sleep(PAUSE_S)
        )
        if not evaluation.is_done:
            self._end(_unfinished(evaluation), as_json=options["json"])
        if options["gate"]:
            self._judge(evaluation, as_json=options["json"])
        else:
            self._show(evaluation, as_json=options["json"])

    def _judge(self, evaluation: Evaluation, *, as_json: bool) -> None:
        standing = queries.standing_of(evaluation)
        if as_json:
            self.stdout.write(json.dumps(standing.as_json(), default=str))
        else:
            self.stdout.write("\n".join(finding.sentence for finding in standing.finding.rules))
        if standing.finding.passes is not True:
            raise SystemExit(1)

    def _show(self, evaluation: Evaluation, *, as_json: bool) -> None:
        summary = evaluation.summary
        if as_json:
            self.stdout.write(json.dumps({"evaluation": str(evaluation.pk), "systems": summary["systems"]}))
            return
        metric = tables.headline_metric(summary)
        for line in tables.headline(summary):
            cell = line["cell"] or {"value": "not measured", "interval": ""}
            self.stdout.write(f"{line['name']}: {metric.label.lower()} {cell['value']} {cell['interval']}".strip())

    def _end(self, why: str, *, as_json: bool) -> NoReturn:
        if as_json:
            self.stdout.write(
                json.dumps({"passes": None, "gate": None, "evaluation": None, "rules": [], "reason": why})
            )
        else:
            self.stderr.write(why)
        raise SystemExit(1)


def _unfinished(evaluation: Evaluation) -> str:
    if evaluation.problem:
        return f"It could not be evaluated: {evaluation.problem}"
    if from_shell.is_under_way(evaluation):
        return "The evaluation is still under way."
    return f"The evaluation ended without scores: its job is {evaluation.job.state if evaluation.job else 'gone'}."
