"""Plain rules on the demo's claims, research files and tickets: they read words and numbers and understand nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

from demo.data.company_pages import sentences
from demo.data.demo_task import AnsweredRecord
from demo.data.research_summary import PAGES
from review.spec.schema import Facts

DENIALS = re.compile(r"\b(no|not|never|nothing|none|nobody)\b", re.IGNORECASE)
Rule = Callable[[AnsweredRecord], bool]


def numbers_and_denials(facts: Facts) -> bool:
    """A claim is borne out where the passage has its numbers and it denies nothing."""
    has_its_numbers = set(re.findall(r"\d+", facts["claim"])) <= set(re.findall(r"\d+", facts["passage"]))
    return has_its_numbers and not DENIALS.search(facts["claim"])


def names(facts: Facts) -> bool:
    """A claim is borne out where the passage has its names and numbers."""
    told = facts["passage"] + facts["company"]
    return all(name in told for name in re.findall(r"(?<!^)\b[A-Z][a-z]+|\d+", facts["claim"]))


def shared_words(facts: Facts) -> bool:
    """A claim is borne out where the passage has half of its words."""
    claim = _words(facts["claim"])
    return len(claim & _words(facts["passage"])) >= 0.5 * len(claim)


def likest_sentence(question: str, facts: Facts) -> str:
    """The sentence of the stored pages that shares most words with a question."""
    asked = _words(question) - _words(facts["company"])
    lines = [line for name in PAGES for line in sentences(facts.get(name, ""))]
    return max(lines, key=lambda line: len(asked & _words(line)))


def limit_of_first_page(facts: Facts) -> str:
    """The limit that the first help page tells for the customer's plan."""
    said = " ".join(turn["content"] for turn in facts["conversation"] if turn["role"] == "user")
    limits = re.findall(r"\d+", facts["help_pages"].split("\f")[0])
    return str(limits[-2] if re.search(r"\bTeam\b", said) else limits[-1])


def quotes_right(record: AnsweredRecord) -> bool:
    """Whether the rule quotes for every question what bears its claim out."""
    questions = re.findall(r"[^?]+\?", record.facts["questions"])
    found = [likest_sentence(question, record.facts) for question in questions]
    return found == [claim["quote"] for claim in record.fields["claims"]]


def limit_right(record: AnsweredRecord) -> bool:
    """Whether the rule tells the limit that the answer tells."""
    answer = record.fields["reply"].split("\n\n")[1]
    return re.findall(r"\d+", answer)[-1:] == [limit_of_first_page(record.facts)]


def verdict_right(rule: Callable[[Facts], bool]) -> Rule:
    """Whether a rule on claims comes to the expert's verdict."""
    return lambda record: rule(record.facts) == record.fields["supported"]


def share(records: list[AnsweredRecord], is_right: Rule) -> float:
    """Share of the records that are right."""
    return sum(map(is_right, records)) / len(records)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w{3,}", text.lower()))
