"""Values of placeholders such as `[Company]` or `{{firstname}}`: a fact, a slot, or the sender. Pure Python."""

from __future__ import annotations

import re

from review.spec.schema import Facts
from review.spec.task_spec import TaskSpec
from review.text.grounding.passages import is_blank, written

# Common names in placeholders, in addition to the names of fields.
_SENDER = {
    "your company": "seller",
    "our company": "seller",
    "seller": "seller",
    "product": "product",
    "your product": "product",
    "our product": "product",
    "product name": "product",
}
_ROLES = {"company": "group", "company name": "group", "organisation": "group", "website": "domain", "url": "domain"}
LONGEST = 120


class Fillings:
    """Values by the names placeholders use."""

    def __init__(self, spec: TaskSpec, facts: Facts) -> None:
        self._spec = spec
        self._facts = {
            _plain(field.name): written(facts[field.name])
            for field in spec.input_schema
            if not is_blank(facts.get(field.name))
        }
        self._roles = {
            name: written(facts[fact])
            for name, role in _ROLES.items()
            if (fact := spec.facts_with_role(role)) and not is_blank(facts.get(fact))
        }
        self._slots = {_plain(slot.rsplit(".", 1)[-1]): f"{{{{{slot}}}}}" for slot in spec.slots}

    def for_placeholder(self, placeholder: str) -> str:
        """Return the text to fill in; empty where no short value fits, and for a sender without a name."""
        name = _plain(placeholder)
        value = self._slot(name) or self._facts.get(name) or self._roles.get(name) or self._sender(name)
        return value if value and len(value) <= LONGEST and "\n" not in value else ""

    def _slot(self, name: str) -> str:
        exact = self._slots.get(name) or self._slots.get(name.replace(" ", ""))
        if exact:
            return exact
        # `[Name]` and `{{name}}` mean the reader, whose slot is the only one that ends in a name.
        ends = [slot for key, slot in self._slots.items() if key.split()[-1] == "name"]
        return (
            ends[0] if name in {"name", "firstname", "contact name", "recipient", "reader"} and len(ends) == 1 else ""
        )

    def _sender(self, name: str) -> str:
        offer = self._spec.offer
        return {"seller": offer.seller, "product": offer.product}.get(_SENDER.get(name, ""), "")


def _plain(text: str) -> str:
    """Rewrite `[Company_Name]` and `{{ companyName }}` as `company name`."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return " ".join(re.findall(r"[^\W_]+", words.casefold()))
