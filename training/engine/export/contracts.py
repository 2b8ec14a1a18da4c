"""What the exporting engine is told, and what it reports. Pydantic only."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from training.engine.contracts import Part, StudentRef, Ways

Format = Literal["merged", "gguf-f16", "gguf-q8"]


class ExportSpec(Part):
    """One miniature and one format.

    `artefact` is a folder inside the run directory: `adapter` files to lay over `student`, or a whole model. `name` is
    the stem of the file that is written.
    """

    student: StudentRef | None = None
    artefact: str
    method: Literal["lora", "full"]
    format: Format
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,119}$")
    title: str = ""
    licence: str = ""
    allowed_roots: list[str] = Field(default_factory=list)
    ways: Ways = Ways()


class ExportSummary(Part):
    """What was written: tensors, numbers in them, and the format the matrices are held in."""

    format: Format
    tensors: int
    parameters: int
    dtype: str
    seconds: float
