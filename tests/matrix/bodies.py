"""What to send where the role is asked only once a body has named its task, or is whole. Values name seeded objects."""

from __future__ import annotations

from typing import Any

from review.spec.starters import outreach
from tests.matrix.installation import Installation

# Braces in it are no places to fill in.
SPEC = outreach.SPEC.model_dump(mode="json")

# By method and route name. "{task}" and its like stand for what the installation has under that name.
BODIES: dict[str, dict[str, Any]] = {
    "POST api-campaigns": {"task": "{task}", "name": "Next", "arms": [{"name": "One", "teacher": "offline"}]},
    "POST api-check": {"fields": {"subject": "A", "body": "B"}},
    "POST api-decisions": {"id": "{fresh}", "verdict": "accept", "seconds": 3},
    "POST api-settle": {"id": "{fresh}", "verdict": "accept", "seconds": 3},
    "PUT api-unfinished": {"fields": {"subject": "A", "body": "B"}},
    "POST api-comments": {"id": "{fresh}", "text": "A remark."},
    "POST api-send-back": {"comment": "Look again."},
    "POST api-revocation": {"reason": "Wrong facts."},
    "POST api-acceptance": {"judge": "{teacher}"},
    "PUT api-task-fallback": {"teacher": ""},
    "POST api-routers": {"task": "{task}", "name": "Thrifty"},
    "POST serving:routers": {"name": "Thrifty"},
    "POST api-router-versions": {"miniature": "none", "teacher": "none", "feature": "checks"},
    "POST api-route": {"features": {"checks": 0}},
    "POST api-route-outcome": {"cost_usd": "0.01"},
    "POST api-recall-preview": {"teacher": "offline"},
    "POST api-recalls": {"id": "{fresh}", "teacher": "offline", "reason": "Wrong facts."},
    "POST api-share-out-preview": {"members": ["reviewer"], "count": 1, "until": "{today}"},
    "POST api-share-outs": {"id": "{fresh}", "members": ["reviewer"], "count": 1, "until": "{today}"},
    "POST review:dataset-export": {"to": "owner/name", "formats": "sft", "token": "HF_TOKEN"},
    "POST api-ask": {"id": "{fresh}", "instruction": "Shorter."},
    "POST api-contacts": {"task": "{task}", "contacts": [{"address": "new@example.org"}]},
    "POST api-datasets": {"task": "{task}", "name": "More"},
    "POST api-evaluations": {"training_run": "{run}"},
    "POST api-gates": {"task": "{task}", "rules": [{"kind": "at_least", "metric": "passes_all", "bound": 0.7}]},
    "POST api-suites": {"task": "{task}", "kind": "held_out"},
    "POST evaluation:freeze-suite": {"kind": "held_out"},
    "POST review:claim-records": {"of": "{task}:wrong_fact"},
    "POST api-test-openings": {"training_run": "{run}", "planned_openings": 3},
    "POST evaluation:open-test-split": {"planned": "3"},
    "POST api-arenas": {"evaluation": "{evaluation}"},
    "POST api-arena-votes": {"id": "{fresh}", "pair": "{arena_pair}", "verdict": "tie"},
    "POST evaluation:arena-vote": {"id": "{fresh}", "pair": "{arena_pair}", "verdict": "tie"},
    "POST api-pipelines": {
        "task": "{task}",
        "name": "Next",
        "stages": [{"name": "write", "kind": "write", "task": "{task}", "teacher": "offline"}],
    },
    "POST api-pipeline-versions": {
        "stages": [{"name": "write", "kind": "write", "task": "{task}", "teacher": "offline"}]
    },
    "POST api-experiments": {
        "campaign": "{campaign}",
        "hypothesis": "Both do as well.",
        "margin": 0.02,
        "baseline": 0.06,
    },
    "POST api-orders": {"task": "{task}", "teacher": "{teacher}", "count": 1},
    "POST api-order-estimate": {"task": "{task}", "teacher": "{teacher}", "count": 1},
    "POST api-order-settle": {"verb": "drop"},
    "POST api-order-call-cost": {"cost_usd": "0.5", "reason": "The invoice."},
    "POST generation:correct": {"cost_usd": "0.5", "reason": "The invoice."},
    "POST api-research-orders": {"sites": [{"name": "A", "url": "https://a.example/"}]},
    "POST generation:learn": {"teacher": "", "look_at": "50"},
    "POST generation:proposal": {"verb": "rebase"},
    "POST api-budgets": {"scope": "task-month", "task": "{task}", "limit_usd": "10.00"},
    "POST generation:budgets": {"scope": "installation-month", "limit_usd": "10.00"},
    "POST generation:task-budgets": {"scope": "task-month", "limit_usd": "10.00"},
    "POST api-prices": {
        "provider": "openai",
        "model": "matrix",
        "input_usd_per_million": "1",
        "output_usd_per_million": "2",
    },
    "POST api-prices-import": {
        "map": {
            "matrix": {
                "litellm_provider": "openai",
                "mode": "chat",
                "input_cost_per_token": 1e-06,
                "output_cost_per_token": 2e-06,
            }
        }
    },
    "POST api-studies": {"dataset_version": "{version}", "student": "tiny", "kind": "samples"},
    "POST api-student-downloads": {"hub_id": "maker/open"},
    "POST training:student-download": {"hub_id": "maker/open"},
    "POST api-students": {"path": "/nowhere", "name": "X", "licence": "MIT"},
    "POST api-tasks": {"name": "New", "slug": "new-one", "spec": SPEC},
    "POST api-task-versions": {"spec": SPEC, "note": ""},
    "PUT api-task-team-member": {"role": "viewer"},
    "POST api-teachers": {"slug": "x", "name": "X", "provider": "offline", "model": "offline-1"},
    "POST api-training-runs": {"student": "tiny", "recipe": "demo", "dataset_version": "{version}"},
    "POST api-sweeps": {"student": "tiny", "recipe": "demo", "dataset_version": "{version}", "max_hours": 9},
    "POST api-sweep-estimate": {"student": "tiny", "recipe": "demo", "dataset_version": "{version}", "max_hours": 9},
    "POST api-sweep-keep": {"cell": 1},
    "POST training:sweeps": {
        "dataset_version": "{version}",
        "student": "tiny",
        "recipe": "demo",
        "device": "auto",
        "max_hours": "9",
        "at_once": "1",
    },
    "POST training:sweep-keep": {"cell": "1"},
    "POST training:host-prices": {"host": "default", "usd_per_hour": "1"},
    "POST api-training-estimate": {"student": "tiny", "recipe": "demo", "dataset_version": "{version}"},
    "POST api-miniature-exports": {"format": "gguf-q8"},
    "POST training:miniature-exports": {"format": "gguf-q8"},
    "POST api-miniature-hub": {"to": "acme/outreach", "sha256": "0" * 64},
    "POST training:miniature-hub": {"to": "acme/outreach", "token": "HF_TOKEN", "sha256": "0" * 64},
    "POST api-miniature-write": {"record": {"company": "Acme"}},
    "PATCH api-reply": {"meaning": "interested"},
    "POST api-unmatched-attach": {"contact": "{contact}"},
    "POST api-unmatched-set-aside": {},
    "PUT api-inbox": {},
    "PUT api-answer": {"body": "Hello", "revision": 0},
    "POST api-answer-draft": {"at_most_usd": "1.00"},
    "POST api-answer-send": {"revision": 1},
    "POST api-answer-settle": {"arrived": True},
    "POST api-outcomes": {"message": "{mail}", "kind": "opportunity", "at": "2026-05-04T12:00:00Z"},
    "POST api-senders": {
        "name": "X",
        "from_name": "X",
        "from_address": "x@example.org",
        "reply_address": "x@example.org",
    },
    "POST api-sources": {"file": "company\nAcme\n", "task": "{task}"},
    "POST api-webhooks": {
        "name": "x",
        "url": "https://93.184.216.34/x",
        "events": ["job.finished"],
        "task": "elsewhere",
    },
    "PATCH api-webhook": {"url": "https://93.184.216.34/y"},
    "POST campaigns:act": {"verb": "pause"},
    "PATCH api-contact": {"company": "Acme Ltd"},
    "POST campaigns:contact": {"do": "save", "company": "Acme Ltd"},
    "POST api-campaign-lift": {"reason": "The list was cleaned."},
    "POST api-campaign-fixed": {"verdict": "approve"},
    "POST campaigns:reply-meaning": {"meaning": "interested"},
    "POST campaigns:unmatched-settle": {"do": "set_aside"},
    "POST campaigns:answer": {"body": "Hello", "revision": "0"},
    "POST campaigns:inbox": {},
    "POST campaigns:answer-draft": {"at_most_usd": "1"},
    "POST campaigns:answer-send": {"revision": "1"},
    "POST campaigns:answer-settle": {"arrived": "yes"},
    "POST jobs:steer": {},
    "POST jobs:halt": {"verb": "resume"},
    "POST api-halt": {"halted": False},
    "POST jobs:priority": {"priority": "low"},
    "POST job-priority": {"priority": "low"},
    "POST review:focus": {"draft": "{draft}", "verdict": "accept", "seconds": "3", "id": "{fresh}"},
    "POST review:reopen": {"draft": "{draft}", "decision": "{decision}", "etag": "x"},
    "POST review:datasets": {"name": "More"},
    "POST review:dataset-freeze": {"verdicts": "accept", "note": ""},
    "POST training:list": {"dataset_version": "{version}", "student": "tiny", "recipe": "demo", "device": "auto"},
    "POST training:students": {"source": "folder", "path": "/nowhere", "name": "X", "licence": "MIT"},
    "POST evaluation:studies": {
        "dataset_version": "{version}",
        "student": "tiny",
        "kind": "samples",
        "preset": "small",
        "metric": "nll_per_byte",
    },
    "POST serving:costs": {"usd_per_hour": "40"},
    "PUT api-task-costs": {"usd_per_hour": "40"},
    "POST serving:playground-write": {"record": "{record}", "model": "{model}"},
    "POST team_member": {"task": "{task}", "role": "viewer"},
}
QUERIES = {
    "api-messages": "?campaign={campaign}",
    "api-stage-runs": "?message={mail}",
    "review:dataset-compare": "?older=1&newer=1",
    "review:draft-text": "?path=body",
    "generation:estimate": "?teacher={teacher}&count=1",
    "training:estimate": "?dataset_version={version}&student=tiny&recipe=demo",
}


def body_of(method: str, name: str, installation: Installation) -> dict[str, Any]:
    """The body to send; empty where any will do."""
    return _filled(BODIES.get(f"{method} {name}", {}), installation)


def query_of(name: str, installation: Installation) -> str:
    """The query string a page needs to show anything."""
    return str(_filled(QUERIES.get(name, ""), installation))


def _filled(value: Any, installation: Installation) -> Any:
    if value is SPEC:
        return SPEC
    if isinstance(value, dict):
        return {key: _filled(each, installation) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, installation) for each in value]
    return value.format(**installation.objects) if isinstance(value, str) else value
