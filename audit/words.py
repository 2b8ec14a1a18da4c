"""How pages call what an act was about: a word for each kind that rows hold. Pure Python; knows no room's code."""

from __future__ import annotations

# A kind is the lower-cased name of a model; one that is not here is shown as it stands.
WORDS: dict[str, str] = {
    "budget": "Budget",
    "bulkact": "Bulk act",
    "campaign": "Campaign",
    "draft": "Draft",
    "datasetversion": "Dataset",
    "experiment": "Experiment",
    "order": "Order",
    "hook": "Webhook",
    "host": "Host",
    "hostprice": "Host price",
    "invitation": "Invitation",
    "job": "Job",
    "member": "Member",
    "miniature": "Miniature",
    "priceentry": "Price",
    "reply": "Reply",
    "senderidentity": "Sender",
    "source": "Source",
    "student": "Student",
    "sweep": "Sweep",
    "task": "Task",
    "taskproposal": "Proposed version",
    "taskversion": "Task version",
    "teacher": "Teacher",
    "trainingrun": "Run",
}
