"""Who may reach the routes of evaluations and studies."""

from __future__ import annotations

from miniatures_site.access.levels import LEAD, MEMBER, NONE, VIEWER, Rule

EVALUATION = {
    "evaluation:list": Rule(VIEWER, NONE),
    "evaluation:detail": Rule(VIEWER, NONE),
    "evaluation:judge": Rule(VIEWER, LEAD),
    "evaluation:judge-price": Rule(NONE, LEAD),
    "evaluation:start": Rule(NONE, LEAD),
    "evaluation:open-test-split": Rule(NONE, LEAD),
    "evaluation:gate": Rule(VIEWER, LEAD),
    "evaluation:freeze-suite": Rule(NONE, LEAD),
    "evaluation:slices": Rule(VIEWER, NONE),
    "evaluation:card": Rule(VIEWER, NONE),
    "evaluation:studies": Rule(VIEWER, LEAD),
    "evaluation:study-estimate": Rule(VIEWER, NONE),
    "evaluation:study": Rule(VIEWER, NONE),
    "evaluation:study-progress": Rule(VIEWER, NONE),
    "evaluation:study-cells": Rule(VIEWER, NONE),
    "evaluation:study-record": Rule(VIEWER, NONE),
    "api-evaluations": Rule(MEMBER, LEAD, write_floor=MEMBER),
    "api-evaluation": Rule(VIEWER, NONE),
    "api-evaluation-outputs": Rule(VIEWER, NONE),
    "api-evaluation-gate": Rule(VIEWER, NONE),
    "api-gates": Rule(MEMBER, LEAD, write_floor=MEMBER),
    "api-suites": Rule(MEMBER, LEAD, write_floor=MEMBER),
    "api-test-openings": Rule(MEMBER, LEAD, write_floor=MEMBER),
    "api-evaluation-judgings": Rule(VIEWER, LEAD),
    "api-evaluation-judging-price": Rule(NONE, LEAD),
    "api-studies": Rule(MEMBER, LEAD, write_floor=MEMBER),
    "api-study": Rule(VIEWER, NONE),
    "api-study-cells": Rule(VIEWER, NONE),
    "api-study-record": Rule(VIEWER, NONE),
}
