"""What drills counted: totals of a stage that is done in several runs, and a dated line a run in `docs/drills.md`."""

from __future__ import annotations

import json
import subprocess
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent.parent
LINES = ROOT / "docs" / "drills.md"


@dataclass
class Counts:
    """What became of the work of some rounds.

    Attributes:
        rounds: Faults made.
        acknowledged: Decisions answered with success, or calls that the provider billed.
        lost: Of these, how many no row tells of.
        doubled: Saved or billed more often than once.
        in_doubt: Calls that ended without an answer; a person decides about them.
        resumed: Jobs that failed by the fault and that a person had to resume.
        stuck: Cards or jobs that had not ended within a stage's limit after the fault.
        wrong: Results that differ from those of undisturbed work.
        recovered_s: Seconds from each fault to the next thing saved.
    """

    rounds: int = 0
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    in_doubt: int = 0
    resumed: int = 0
    stuck: int = 0
    wrong: int = 0
    recovered_s: list[float] = field(default_factory=list)

    def add(self, other: Counts) -> None:
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)

    @property
    def is_sound(self) -> bool:
        return self.rounds > 0 and not (self.lost or self.doubled or self.stuck or self.wrong)


def line_of(name: str, counts: Counts) -> str:
    """A row of the table in `docs/drills.md`."""
    seconds = counts.recovered_s
    recovered = f"{median(seconds):.1f} / {max(seconds):.1f}" if seconds else "none"
    figures = (
        counts.rounds, counts.acknowledged, counts.lost, counts.doubled, counts.in_doubt, counts.resumed, counts.stuck,
        counts.wrong,
    )  # fmt: skip
    words = (f"{datetime.now(UTC):%Y-%m-%d}", commit(), name, *map(str, figures), recovered)
    return f"| {' | '.join(words)} |"


def add_line(name: str, counts: Counts) -> None:
    """Add a run's line at the end of the page."""
    with LINES.open("a") as page:
        page.write(line_of(name, counts) + "\n")


def commit() -> str:
    line = ["git", "-C", str(ROOT), "rev-parse", "--short=8", "HEAD"]
    return subprocess.run(line, capture_output=True, text=True, check=False).stdout.strip() or "unknown"


def load(file: Path) -> Counts:
    """What earlier runs of a stage have counted; nothing where there was none."""
    return Counts(**json.loads(file.read_text())) if file.exists() else Counts()


def save(file: Path, counts: Counts) -> None:
    """Replace the totals of a stage, so that a run that is killed later loses one round at most."""
    file.parent.mkdir(parents=True, exist_ok=True)
    written = file.with_suffix(".new")
    written.write_text(json.dumps(asdict(counts)))
    written.replace(file)
