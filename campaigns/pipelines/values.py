"""The values a stage's inputs come to for one mail: from the contact, its record, and what earlier stages passed on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from campaigns.models import Contact, Stage, StageRun
from campaigns.pipelines import inputs
from campaigns.states import StageKind, StageState
from review.sources.imports.cell_values import read_value
from review.spec.schema import Facts, InputField
from review.spec.task_spec import TaskSpec
from review.text.verification.claim_task import CLAIM

AT_SIGN = "@"


@dataclass(frozen=True)
class MailValues:
    """Values of one mail that stages may take their inputs from."""

    contact: Contact
    mail: TaskSpec
    outputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def record_facts(self) -> Facts:
        """Facts of the contact's own record; none where it has no record or that was erased."""
        return self.contact.record.facts if self.contact.record is not None else {}

    def get(self, source: str) -> Any:
        """The value of a source; None where nothing is known."""
        place, _, name = source.partition(".")
        if place == inputs.CONTACT:
            return self._of_contact(name)
        if place == inputs.RECORD:
            return self.record_facts.get(name)
        field_name, _, part = name.partition(".")
        value = self.outputs.get(place, {}).get(field_name)
        if not part:
            return value
        if isinstance(value, list):
            return [element.get(part) for element in value if isinstance(element, dict)]
        return value.get(part) if isinstance(value, dict) else None

    def facts(self, spec: TaskSpec, mapping: Mapping[str, str], *, base: Facts | None = None) -> Facts:
        """Return the facts of a stage's record.

        Args:
            base: Facts it has already, which mapped ones replace.

        Raises:
            ValueError: A required fact is empty, or a value cannot be read as the fact it is to be.
        """
        facts = dict(base or {})
        for fact in spec.input_schema:
            if fact.name in mapping:
                value = _read(fact, self.get(mapping[fact.name]))
                if value in (None, [], {}):
                    facts.pop(fact.name, None)
                else:
                    facts[fact.name] = value
            if fact.required and facts.get(fact.name) in (None, "", [], {}):
                raise ValueError(f"'{fact.name}' is empty, and is required.")
        return facts

    def _of_contact(self, name: str) -> str:
        if name == "domain":
            return domain_of(self.contact, self.mail)
        return str(getattr(self.contact, name)) if name in inputs.CONTACT_FIELDS else ""


def domain_of(contact: Contact, mail: TaskSpec) -> str:
    """The company's web domain: of its record, else of the address unless a public mail provider gave that."""
    own = contact.record.facts.get(mail.facts_with_role("domain") or "") if contact.record is not None else None
    if own:
        return str(own)
    return "" if AT_SIGN in contact.cluster or contact.erased_at is not None else contact.cluster


def passes(value: object, condition: Mapping[str, Any]) -> bool:
    """Tell whether a value is one of those a condition lets pass; of several labels one is enough."""
    allowed = set(condition.get("in", ()))
    return any(written(part) in allowed for part in (value if isinstance(value, list) else [value]))


def written(value: object) -> str:
    """A value as conditions name it: a yes or no is `true` or `false`."""
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def outputs_of(stages: list[Stage], runs: list[StageRun]) -> dict[str, dict[str, Any]]:
    """Return what each stage of a mail passed on, by its name; of a verify stage the claims that stand."""
    outputs: dict[str, dict[str, Any]] = {}
    for stage in stages:
        mine = sorted((run for run in runs if run.stage_id == stage.pk), key=lambda run: run.part)
        if stage.kind == StageKind.VERIFY:
            _, name = inputs.list_of(stage.inputs.get(CLAIM, ""))
            passed = [run.output["claim"] for run in mine if run.state == StageState.PASSED and "claim" in run.output]
            outputs[stage.name] = {name: passed}
        elif mine:
            outputs[stage.name] = mine[0].output
    return outputs


def _read(fact: InputField, value: object) -> Any:
    if isinstance(value, list) and fact.type in ("text", "document"):
        value = "\n".join(written(part) for part in value if part not in (None, ""))
    elif isinstance(value, list):
        value = [part for part in value if part not in (None, "")]
    elif fact.type == "list" and value not in (None, ""):
        value = [written(value)]
    try:
        return read_value(fact, value)
    except ValueError as error:
        raise ValueError(f"'{fact.name}' {error}.") from None
