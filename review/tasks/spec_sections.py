"""Parts of the specification's form as a template draws them.

Controls, rows, checks, sections, and what each says folded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from review.tasks.spec_layout import ControlLayout, SectionLayout
from review.tasks.spec_lines import LINE_OF, parts_from


@dataclass(frozen=True)
class FormControl:
    spot: ControlLayout
    path: str
    value: Any
    errors: list[str]

    @property
    def id(self) -> str:
        return "id_" + self.path.replace(".", "-")

    @property
    def rows(self) -> int:
        return {"long": 18, "area": 3, "lines": 4, "items": 3, "labels": 5}.get(self.spot.kind, 1)

    @property
    def gist(self) -> str:
        """Summary of the control in a folded row; empty for numbers, which say nothing without their names."""
        if self.spot.kind == "check":
            return self.spot.label.lower() if self.value else ""
        if self.spot.kind == "select":
            return dict(self.spot.options()).get(self.value, str(self.value)) if self.value else ""
        if self.spot.kind in LINE_OF:
            count = len(parts_from(self.spot.kind, self.value))
            noun = "label" if self.spot.kind == "labels" else "part"
            return f"{count} {noun}{'' if count == 1 else 's'}" if count else ""
        if self.spot.kind != "text" or not self.value:
            return ""
        return (
            str(self.value) if self.spot.name in ("name", "description") else f"{self.spot.label.lower()} {self.value}"
        )


@dataclass(frozen=True)
class FormRow:
    """One repeated row.

    Attributes:
        is_open: Whether it is drawn open: a person opened it or acted on it, it is blank, or it holds a mistake.
    """

    id: str
    index: int
    controls: list[FormControl]
    errors: list[str]
    is_open: bool = False

    titled_by: tuple[str, ...] = ("name",)

    @property
    def title(self) -> str:
        """Title of the row while folded; empty while the row is blank."""
        return " ".join(str(each.value) for each in self.controls if each.spot.name in self.titled_by).strip()

    @property
    def gist(self) -> str:
        others = (control for control in self.controls if control.spot.name not in self.titled_by)
        return " · ".join(gist for control in others if (gist := control.gist))


@dataclass(frozen=True)
class FormCheck:
    kind: str
    label: str
    help: str
    is_on: bool
    fields: str
    is_silent: bool
    # Why a check of a package cannot run, in words that follow its name.
    trouble: str = ""

    @property
    def id(self) -> str:
        return "id_check-" + self.kind.replace(":", "-")


@dataclass(frozen=True)
class FormSection:
    """One section as a template draws it.

    Attributes:
        is_open: Whether it is drawn open: by its layout, because a person opened it, or because it holds a mistake.
    """

    section: SectionLayout
    controls: list[FormControl]
    rows: list[FormRow]
    checks: list[FormCheck]
    errors: list[str]
    is_open: bool = True

    @property
    def mistakes(self) -> int:
        of_rows = sum(len(row.errors) + sum(len(each.errors) for each in row.controls) for row in self.rows)
        return len(self.errors) + of_rows + sum(len(control.errors) for control in self.controls)

    @property
    def gist(self) -> str:
        if self.checks:
            return f"{sum(check.is_on for check in self.checks)} of {len(self.checks)} on"
        if self.section.rows:
            return ", ".join(row.title for row in self.rows) or "none"
        if len(self.controls) == 1:
            return ", ".join(str(self.controls[0].value).splitlines()) or "empty"
        filled = [control.spot.label for control in self.controls if control.value]
        return ", ".join(filled) or "empty"


def first_mistake(sections: Sequence[FormSection]) -> str:
    """Id of the first thing with a mistake, for the focus: a control, else the row or section.

    Empty where nothing is wrong.
    """
    return next(_mistaken(sections), "")


def _mistaken(sections: Sequence[FormSection]) -> Iterator[str]:
    for part in sections:
        if part.errors:
            yield f"part-{part.section.id}"
        yield from (control.id for control in part.controls if control.errors)
        for row in part.rows:
            yield from (control.id for control in row.controls if control.errors)
            if row.errors:
                yield row.id
