"""`manage.py analyse_experiment FILE.csv --arm A --metric M`: any experiment's table, from rows to a verdict.

Knows files, options and exit codes, no statistics.
"""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from stats.experiments import analysis, outcome_tables, report
from stats.experiments.analysis_types import Analysis, AnalysisQuestion

CONTROL_NAMES = ("control", "teacher", "baseline", "placebo", "holdout", "none", "0", "a")


class Command(BaseCommand):
    help = (
        "Analyses an experiment's table: verdict, numbers with intervals, method. CSV, plain or gzip; a row is a unit."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="a CSV file with a line of names, plain or gzip")
        parser.add_argument("--arm", required=True, help="column with the arm")
        parser.add_argument("--metric", required=True, help="column with the outcome: 0/1, yes/no or a number")
        parser.add_argument("--unit", help="column with what was drawn; left out, every row is a unit")
        parser.add_argument("--cluster", help="column with the cluster by which arms were drawn, such as a company")
        parser.add_argument("--denominator", help="column of a ratio metric's denominator, such as mails sent")
        parser.add_argument("--covariate", help="column with a number from before the experiment (CUPED)")
        parser.add_argument(
            "--control", help="name of the control arm; left out, it is guessed from the names, and said"
        )
        parser.add_argument("--margin", type=float, help="how much worse is acceptable, in the metric: 0.01 is a point")
        parser.add_argument("--lower-is-better", action="store_true", help="for outcomes like unsubscriptions")
        parser.add_argument("--level", type=float, default=0.95, help="of the intervals (0.95)")
        parser.add_argument(
            "--running", action="store_true", help="still running: decide by what may be looked at daily"
        )
        parser.add_argument("--horizon", type=int, help="units (or clusters) of all arms at the planned end")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, file: str, **options: Any) -> None:
        columns = outcome_tables.OutcomeColumns(
            *(options[name] for name in ("arm", "metric", "unit", "cluster", "denominator", "covariate"))
        )
        try:
            table = outcome_tables.read(Path(file), columns)
            control, notes = _control(options["control"], list(table.arms), table.notes)
            result = analysis.analyse(table.arms, _question(control, options))
            linear = report.linear_data(table, control, level=options["level"]) if table.ratios else {}
        except UnicodeDecodeError:
            raise CommandError(f"{file} is not UTF-8 text.") from None
        except ValueError as error:
            raise CommandError(str(error)) from None
        except (OSError, EOFError, zlib.error) as error:
            raise CommandError(f"{file} cannot be read: {error}") from None
        self._print(result, notes, linear, as_json=options["json"])

    def _print(self, analysis: Analysis, notes: tuple[str, ...], linear: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            data = {"notes": list(notes), **report.as_data(analysis), **linear}
            self.stdout.write(json.dumps(data, ensure_ascii=False, indent=2))
            return
        for line in (*(f"Note: {note}" for note in notes), *report.as_lines(analysis), *report.linear_lines(linear)):
            self.stdout.write(line)


def _question(control: str, options: dict[str, Any]) -> AnalysisQuestion:
    return AnalysisQuestion(
        control=control,
        margin=options["margin"],
        higher_is_better=not options["lower_is_better"],
        level=options["level"],
        horizon=options["horizon"],
        is_running=options["running"],
    )


def _control(control_name: str | None, arms: list[str], notes: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Choose the named control; else an arm called so; else the first by name."""
    if control_name is not None:
        return control_name, notes
    control_arms = [arm for arm in arms if arm.lower() in CONTROL_NAMES or arm.lower().startswith("no ")]
    control = (control_arms or arms)[0]
    return control, (*notes, f"'{control}' was taken as the control; name another with --control.")
