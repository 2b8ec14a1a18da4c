"""Summaries tell what their agreements say after the amendment: each number is worked out again from the clauses alone."""

from __future__ import annotations

import re

from demo.data.contract_summary.records import records

FEE, CAP = r"([\d,]+) euros a year", r"(?:limited to|beyond) ([\d,]+) euros"


def stated(pattern: str, text: str) -> list[str]:
    return re.findall(pattern, text)


def test_what_an_amendment_changed_is_told_as_it_stands_now() -> None:
    amended = 0
    for record in records():
        clauses, _, amendment = record.facts["agreement"].partition("Amendment 1. ")
        summary = record.fields["summary"]
        priced = [line for line in clauses.splitlines() if "invoice" in line]
        fee = stated(FEE, amendment) or stated(FEE, " ".join(priced))
        noticed = [line for line in clauses.splitlines() if "notice" in line]
        notice = stated(r"changed to (\d+) days", amendment) or stated(r"(\d+) days", " ".join(noticed))

        assert [fee[0]] == stated(FEE, summary)[:1]
        assert f"{notice[0]} days" in summary
        amended += bool(amendment)
    assert 60 < amended < 150


def test_a_limit_that_no_clause_sets_is_told_as_none() -> None:
    drawn = records()
    for record in drawn:
        cap, summary = stated(CAP, record.facts["agreement"]), record.fields["summary"]
        assert (f"Liability ends at {cap[0]} euros" if cap else "nothing of a limit to liability") in summary
    assert 0.1 < sum("nothing of a limit" in each.fields["summary"] for each in drawn) / len(drawn) < 0.3
