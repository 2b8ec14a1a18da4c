"""Predictions of an encoder's heads: fields of the task, their labels, and how a value becomes a target and back.

Pure Python and pydantic. A value has the form that the task's renderer gives it: bare where one field is the whole
answer, else a part of one JSON object.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from web import strict_json

FORMAT: Final = 1
WORDS_OF_BOOLEAN: Final = {"false": False, "no": False, "true": True, "yes": True}
HeadType = Literal["choice", "boolean", "integer", "number"]
Value = str | bool | int | float


class HeadField(BaseModel):
    """One field, which gets one linear head.

    Attributes:
        labels: What a `choice` may say, in the order of the head's scores; a boolean's are false and true.
        minimum: Least value of a number, to which predictions are held; `maximum` the greatest.
        decimals: Digits after the point that a `number` is rounded to; None for as many as there are.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    type: HeadType
    labels: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    decimals: int | None = Field(None, ge=0, le=12)

    @model_validator(mode="after")
    def _labels_fit_type(self) -> HeadField:
        if (self.type == "choice") != bool(self.labels):
            raise ValueError(f"field '{self.name}': a choice names its labels, other types have none")
        if self.labels and (len(self.labels) < 2 or len(set(self.labels)) < len(self.labels)):
            raise ValueError(f"field '{self.name}': a choice has at least two labels, each once")
        return self

    @property
    def is_number(self) -> bool:
        return self.type in ("integer", "number")

    @property
    def classes(self) -> tuple[str, ...]:
        return ("false", "true") if self.type == "boolean" else self.labels

    @property
    def scores(self) -> int:
        return 1 if self.is_number else len(self.classes)

    def target_of(self, value: object) -> float | None:
        """Number of the class that a value names, or the value itself of a number; None for no value.

        Raises:
            ValueError: It is no value of this field; says what is allowed.
        """
        if value is None or value == "":
            return None
        if self.is_number:
            return _number(value)
        if self.type == "boolean":
            flag = WORDS_OF_BOOLEAN.get(value.casefold()) if isinstance(value, str) else value
            if not isinstance(flag, bool):
                raise ValueError(f"{value!r} is neither true nor false")
            return float(flag)
        if value not in self.labels:
            raise ValueError(f"{value!r} is none of its {len(self.labels)} labels: {', '.join(self.labels[:20])}")
        return float(self.labels.index(str(value)))

    def value_of(self, target: float) -> Value:
        """The value that a target stands for.

        A label, yes or no, or a number within its range, rounded as it is written.
        """
        if self.type == "choice":
            return self.labels[int(target)]
        if self.type == "boolean":
            return bool(target)
        held = max(target, self.minimum if self.minimum is not None else target)
        held = min(held, self.maximum if self.maximum is not None else held)
        if self.type == "integer":
            return round(held)
        rounded = held if self.decimals is None else round(held, self.decimals)
        return int(rounded) if rounded == int(rounded) else rounded


class HeadSet(BaseModel):
    """The heads of one student.

    Attributes:
        fields: In the order of the task's output.
        is_bare: Whether the value of the one field is the whole answer; else answers are JSON objects.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    fields: tuple[HeadField, ...] = Field(min_length=1)
    is_bare: bool = False

    @model_validator(mode="after")
    def _only_one_is_bare(self) -> HeadSet:
        names = [field.name for field in self.fields]
        if len(set(names)) < len(names):
            raise ValueError("two heads have the same name")
        if self.is_bare and len(names) > 1:
            raise ValueError("only a single field can be written as its bare value")
        return self

    def targets_of(self, completion: str) -> list[float | None]:
        """Targets of an answer as it is taught, one for each field; None where it says nothing of one.

        Raises:
            ValueError: It is no answer of this shape, names a label that is none, or says nothing of any field.
        """
        values: Mapping[str, Any] = {self.fields[0].name: completion.strip()} if self.is_bare else _object(completion)
        targets = []
        for field in self.fields:
            try:
                targets.append(field.target_of(values.get(field.name)))
            except ValueError as error:
                raise ValueError(f"field '{field.name}': {error}") from error
        if all(target is None for target in targets):
            raise ValueError("it has no value for any of the fields that are predicted")
        return targets

    def answer(self, values: Mapping[str, Value]) -> str:
        """Values as a miniature answers them: the bare value, or one JSON object as the task's renderer writes it."""
        if not self.is_bare:
            return json.dumps(dict(values), ensure_ascii=False, indent=1)
        value = values[self.fields[0].name]
        return value if isinstance(value, str) else json.dumps(value)


def _object(text: str) -> Mapping[str, Any]:
    value = strict_json.parse(text)
    if not isinstance(value, dict):
        raise ValueError(f"it is a JSON {type(value).__name__}, expected an object")
    return value


def _number(value: object) -> float:
    try:
        number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{value!r} is not a finite number")
    return number
