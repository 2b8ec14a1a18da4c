"""Access to the routes of served miniatures, the playground and `/v1`."""

from __future__ import annotations

from miniatures_site.access.levels import ADMIN, ANY_LEAD, KEY, LEAD, MEMBER, NONE, REVIEWER, VIEWER, Rule

SERVING = {
    "serving:replicas": Rule(MEMBER, ANY_LEAD, reason="hosts serve all tasks; only an admin drains one"),
    "serving:task": Rule(VIEWER, NONE),
    "serving:start": Rule(NONE, LEAD),
    "serving:stop": Rule(NONE, ADMIN),
    "serving:fallback": Rule(LEAD, LEAD),
    "serving:costs": Rule(VIEWER, LEAD),
    "serving:playground": Rule(REVIEWER, REVIEWER),
    "serving:playground-write": Rule(NONE, REVIEWER),
    "serving:miniature": Rule(VIEWER, NONE),
    "serving:miniature-card": Rule(VIEWER, NONE),
    "serving:miniature-card-markdown": Rule(VIEWER, NONE),
    "serving:promote": Rule(NONE, LEAD),
    "serving:demote": Rule(NONE, LEAD),
    "v1-chat-completions": Rule(KEY, KEY, reason="the token's member asks miniatures of their own tasks"),
    "v1-models": Rule(KEY, KEY, reason="as its reading: the token's member's own"),
    "v1-model": Rule(KEY, KEY, reason="as its reading: the token's member's own"),
    "v1-nothing": Rule(KEY, KEY, reason="there is nothing behind it"),
    "api-miniature-card": Rule(VIEWER, NONE),
    "api-miniature-promote": Rule(NONE, LEAD),
    "api-miniature-demote": Rule(NONE, LEAD),
    "api-task-costs": Rule(VIEWER, LEAD),
    "api-task-fallback": Rule(LEAD, LEAD),
    "api-serving": Rule(MEMBER, NONE),
    "api-replicas": Rule(MEMBER, ANY_LEAD, reason="hosts serve all tasks; only an admin drains one"),
    "api-replica-drain": Rule(NONE, ADMIN),
    "serving:routers": Rule(VIEWER, LEAD),
    "serving:router": Rule(VIEWER, LEAD),
    "api-routers": Rule(MEMBER, LEAD, write_floor=MEMBER),
    "api-router": Rule(VIEWER, NONE),
    "api-router-versions": Rule(NONE, LEAD),
    # Who judges, and a program of the task whose token may ask.
    "api-route": Rule(NONE, REVIEWER, write_floor=VIEWER),
    "api-route-outcome": Rule(NONE, REVIEWER, write_floor=VIEWER),
}
