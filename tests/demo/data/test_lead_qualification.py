"""Leads are labelled by what their rules and notes say: an answer can be worked out again from the words alone."""

from __future__ import annotations

import re

from demo.data.lead_qualification.records import MONTHS, label_of, records


def outcomes(rules: str, notes: str) -> list[str]:
    """Each rule worked out from the words, with nothing of what the generator drew."""
    found = []
    for rule in re.split(r"(?:^| )[1-4]\. ", rules)[1:]:
        numbers = [int(number) for number in re.findall(r"\d+", rule)]
        if "people" in rule:
            found.append(people(numbers[0], notes))
        elif "euros" in rule:
            pay = re.search(r"(\d+) planners.*?([\d,]+) euros", notes)
            pays = pay and int(pay[1]) * numbers[0] <= int(pay[2].replace(",", ""))
            found.append("unknown" if pay is None else "met" if pays else "broken")
        elif "months" in rule:
            found.append(timing(rule, notes))
        else:
            told = re.search(r"(?:Their trade is|earn their money in|Sector:) (.+?)\.(?: |$)", notes)
            found.append("unknown" if told is None else "broken" if told[1].lower() in rule.lower() else "met")
    return found


def people(least: int, notes: str) -> str:
    counts = re.search(r"(\d+) people work in|has (\d+) people|Staff: ", notes)
    if counts is None:
        return "unknown"
    sentence = re.split(r"\.(?: |$)", notes[counts.start() :])[0]
    return "met" if sum(map(int, re.findall(r"\d+", sentence))) >= least else "broken"


def timing(rule: str, notes: str) -> str:
    ends = re.search(r"(?:ends in|paid for until|bound until) (\w+) (\d{4})", notes)
    if ends is None:
        return "unknown"
    today, bound = re.search(r"(\w+) 2026", rule), re.search(r"(\d+) months", rule)
    assert today
    assert bound
    left = MONTHS.index(ends[1]) - MONTHS.index(today[1]) + 12 * (int(ends[2]) - 2026)
    return "met" if left <= int(bound[1]) else "broken"


def test_every_label_follows_from_the_words() -> None:
    leads = records()

    for lead in leads:
        told = outcomes(str(lead.facts["rules"]), str(lead.facts["notes"]))
        assert len(told) == 4
        assert label_of(told) == lead.fields["lead"], (lead, told)  # type: ignore[arg-type]
