"""How often the rules that read replies are right on the demo's *Reply sorting*: `python -m benchmarks.replies`.

Prints the share of right labels by language and label, and on the held-out replies beside the baselines that cost
nothing.
"""

from __future__ import annotations

import json

from campaigns.replies import sorting
from demo.data.demo_task import AnsweredRecord
from demo.data.reply_sorting import REPLY_SORTING
from evaluation.metrics import baselines
from evaluation.metrics.baselines import Example
from review.spec.schema import Facts


def by_rules(facts: Facts) -> str:
    """The label that the rules give a reply, by words alone."""
    return str(sorting.sort(sorting.received(facts["subject"], facts["reply"])).reply_class)


def share_right(records: list[AnsweredRecord]) -> float:
    """Share of the replies whose meaning the rules read right."""
    return sum(by_rules(each.facts) == each.fields["meaning"] for each in records) / len(records)


def free_of_charge(records: list[AnsweredRecord]) -> dict[str, float]:
    """Shares right of the most frequent label, and of the label of the most alike reply among those trained on."""
    known = [Example(*each) for each in REPLY_SORTING.records() if REPLY_SORTING.split_of(each) == "train"]
    frequent, nearest = baselines.majority(REPLY_SORTING.spec, known), baselines.NearestGold(known)
    answers = {"majority": lambda facts: frequent, "nearest": nearest.answer}
    return {
        name: sum(answer(each.facts)["meaning"] == each.fields["meaning"] for each in records) / len(records)
        for name, answer in answers.items()
    }


def main() -> None:
    """Measure, and print the figures; the last line is one JSON object."""
    every, tested = list(REPLY_SORTING.records()), REPLY_SORTING.held_out()
    for name in ("language", "meaning"):
        for value in dict.fromkeys(each.fields[name] for each in every):
            part = [each for each in every if each.fields[name] == value]
            print(f"{value:>16}: {share_right(part):.0%} of {len(part)}")
    figures = {"rules": share_right(tested), **free_of_charge(tested), "rules_on_all": share_right(every)}
    print(json.dumps({"held_out": len(tested), **{name: round(value, 3) for name, value in figures.items()}}))


if __name__ == "__main__":
    main()
