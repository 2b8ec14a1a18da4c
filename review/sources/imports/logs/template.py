"""A template as constant texts with named slots between: a prompt is read back into values, or made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from review.spec import fact_lines, prompting
from review.spec.schema import Facts
from review.spec.task_spec import TaskSpec

# Characters of a private use area: no prompt of a person or a program holds them.
_OPEN, _CLOSE = "\ue0f0", "\ue0f1"
_TEXTS = frozenset({"text", "url", "date", "number", "integer", "boolean", "choice", "document", "quote"})


@dataclass(frozen=True, slots=True)
class Template:
    """Constant texts and the slots between them.

    Attributes:
        constants: One more than there are slots; the first and last stand at the ends and may be empty.
        slots: Names of the slots in order; one may come twice and has the same value then.
    """

    constants: tuple[str, ...]
    slots: tuple[str, ...] = ()

    def values_in(self, text: str) -> dict[str, str] | None:
        """Values of the slots such that `render` gives the text again, or None where the text was not made by this.

        Each constant is taken at its first place, which finds a reading whenever there is one; a value that holds the
        constant behind it is then cut there.
        """
        first, last = self.constants[0], self.constants[-1]
        if not self.slots:
            return {} if text == first else None
        end = len(text) - len(last)
        if not text.startswith(first) or not text.endswith(last) or end < len(first):
            return None
        values: dict[str, str] = {}
        start = len(first)
        for slot, constant in zip(self.slots[:-1], self.constants[1:-1], strict=True):
            place = text.find(constant, start, end)
            if place < 0 or values.setdefault(slot, text[start:place]) != text[start:place]:
                return None
            start = place + len(constant)
        return values if values.setdefault(self.slots[-1], text[start:end]) == text[start:end] else None

    def render(self, values: Mapping[str, str]) -> str:
        parts = [self.constants[0]]
        for slot, constant in zip(self.slots, self.constants[1:], strict=True):
            parts += (values[slot], constant)
        return "".join(parts)


@dataclass(frozen=True, slots=True)
class TaskTemplates:
    """The prompts of a task's templates, to be read back into facts; which facts each leaves out shows in its slots.

    Attributes:
        pairs: Of each audience the system's part, if there is one, and the user's.
        hung: Facts whose further lines stand indented.
    """

    pairs: tuple[tuple[Template | None, Template], ...]
    hung: frozenset[str]

    @classmethod
    def of(cls, spec: TaskSpec) -> TaskTemplates:
        """Templates of both audiences, with everything filled in that is the same for all records."""
        facts: Facts = {
            field.name: f"{_OPEN}{field.name}{_CLOSE}" for field in spec.input_schema if field.type in _TEXTS
        }
        pairs = []
        for audience in ("student", "teacher"):
            messages = prompting.messages(spec, facts, audience=audience)
            system = _parted(messages[0]["content"]) if len(messages) > 1 else None
            pairs.append((system, _parted(messages[-1]["content"])))
        parts = [part for pair in pairs for part in pair if part]
        below = {
            slot
            for part in parts
            for constant, slot in zip(part.constants, part.slots, strict=False)
            if constant.endswith(f"\n{fact_lines.INDENT}")
        }
        texts = {field.name for field in spec.input_schema if field.type == "text"}
        return cls(tuple(dict.fromkeys(pairs)), frozenset(below | texts))

    def facts_in(self, system: str, prompt: str) -> Facts | None:
        """The facts of a prompt that one of the templates made, blanks around it aside; None where none did."""
        for of_system, of_user in self.pairs:
            values = of_user.values_in(prompt.strip())
            of_prompt = of_system.values_in(system.strip()) if of_system and of_system.slots else {}
            if values is not None and of_prompt is not None and (of_user.slots or of_prompt):
                hung = self.hung
                items = {**of_prompt, **values}.items()
                return {name: fact_lines.unhung(value) if name in hung else value for name, value in items if value}
        return None


def _parted(text: str) -> Template:
    constants, slots = [], []
    rest = text
    while _OPEN in rest:
        constant, _, rest = rest.partition(_OPEN)
        slot, _, rest = rest.partition(_CLOSE)
        constants.append(constant)
        slots.append(slot)
    return Template((*constants, rest), tuple(slots))
