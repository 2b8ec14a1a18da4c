"""Reading `events.jsonl` while an engine writes it. Knows offsets and torn lines; does not know what events mean."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jobs.contracts import EngineEvent
from jobs.rundir.lines import MAX_LINE_BYTES, decode

FILE = "events.jsonl"
READ_BYTES = 4 * MAX_LINE_BYTES


@dataclass(frozen=True)
class BadLine:
    """A whole line that is no event."""

    number: int
    reason: str
    excerpt: str


@dataclass
class EventTail:
    """Reader of an engine's events that keeps its position in their file."""

    run_dir: Path
    offset: int = 0
    lines: int = 0

    def read(self) -> list[EngineEvent | BadLine]:
        """The whole lines written since the last call, at most 4 MiB of them.

        A last line without its newline is left for the next call: it may still be being written, and after a crash it
        never becomes whole, which is as if it had not been said.
        """
        try:
            with (self.run_dir / FILE).open("rb") as file:
                file.seek(self.offset)
                block = file.read(READ_BYTES)
        except FileNotFoundError:
            return []
        end = block.rfind(b"\n") + 1
        if end == 0:
            return self._pass_over(block)
        self.offset += end
        return [item for line in block[:end].splitlines() if (item := self._item(line)) is not None]

    def _item(self, line: bytes) -> EngineEvent | BadLine | None:
        self.lines += 1
        if not line.strip():
            return None
        try:
            return decode(line)
        except ValueError as error:
            return BadLine(self.lines, str(error), line[:120].decode("utf-8", "replace"))

    def _pass_over(self, block: bytes) -> list[EngineEvent | BadLine]:
        # A full block without a newline is one endless line; skipping it piece by piece keeps memory flat.
        if len(block) < READ_BYTES:
            return []
        self.offset += len(block)
        return [BadLine(self.lines + 1, f"the line is longer than {READ_BYTES:,} bytes", "")]
