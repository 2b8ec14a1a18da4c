"""Which object of the seeded installation a parameter of a route is filled with."""

from __future__ import annotations

# Which object a parameter names, by a part of the route's pattern; the first that fits.
BY_PREFIX: tuple[tuple[str, dict[str, str]], ...] = (
    ("/tasks/new/from-log/<slug:name>/", {"name": "word"}),
    ("/tasks/new/rows/<slug:name>/", {"name": "word"}),
    ("/tasks/<slug:slug>/service-tokens/", {"slug": "task", "key": "program"}),
    ("/tasks/<slug:slug>/", {"slug": "task", "name": "word"}),
    ("/datasets/<slug:slug>/", {"slug": "dataset"}),
    ("/campaigns/<slug:slug>/", {"slug": "campaign"}),
    ("/pipelines/<slug:slug>/", {"slug": "pipeline"}),
    ("/experiments/<slug:slug>/", {"slug": "experiment"}),
    ("/teachers/<slug:slug>/", {"slug": "teacher"}),
    ("/senders/<slug:slug>/", {"slug": "sender"}),
    ("/sources/<uuid:pk>/", {"pk": "source"}),
    ("/records/<uuid:pk>/", {"pk": "record"}),
    ("/contacts/<uuid:pk>/", {"pk": "contact"}),
    ("/miniatures/<uuid:miniature_id>/write/<uuid:job_id>/", {"job_id": "writing"}),
    ("/desk/<slug:slug>/", {"slug": "task"}),
    ("/mailbox/<slug:name>/", {"name": "kept"}),
    ("/revocation/", {"draft_id": "revoked"}),
    ("/join/", {"token": "join"}),
    ("/t/", {"token": "word"}),
    ("/u/", {"token": "word"}),
)
ANYWHERE = {
    "task_slug": "task", "draft_id": "draft", "decision_id": "decision", "version_id": "version", "other_id": "version",
    "number": "number", "older": "number", "newer": "number", "run_id": "run", "miniature_id": "miniature",
    "evaluation_id": "evaluation", "study_id": "study", "arena_id": "arena", "sweep_id": "sweep", "router_id": "router",
    "replica_id": "replica", "routed_id": "routed", "host_price_id": "host_price", "job_id": "job", "order_id": "order",
    "call_id": "call", "research_id": "research", "synthesis_id": "synthesis", "judging_id": "judging",
    "record_id": "record", "proposal_id": "proposal", "price_id": "price", "budget_id": "budget", "sender": "sender",
    "mail_id": "mail", "message_id": "mail", "reply_id": "reply", "unmatched_id": "unmatched", "member_id": "member",
    "username": "username", "invitation_id": "invitation", "key": "token", "hmac": "hmac", "a": "one", "b": "one",
    "verb": "verb", "suffix": "suffix", "target": "target", "name": "word", "path": "word", "provider": "word",
    "kind": "word", "provider_id": "word", "uidb36": "word", "hook_id": "hook", "request_id": "request",
    "comment_id": "comment", "known_id": "known", "act_id": "bulk_act", "recall_id": "recall", "share_id": "share",
}  # fmt: skip
