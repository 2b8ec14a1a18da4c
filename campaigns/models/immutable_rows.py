"""Rows of this room that never change, for the triggers of the review room to hold."""

from review.db.immutability import Guard

CHANGES = ("UPDATE", "DELETE")
GUARDS = (
    Guard("campaigns_suppression", CHANGES, "", "The suppression list only grows."),
    Guard("campaigns_suppressionlift", CHANGES, "", "A lift is never changed: suppress again.", erasable=("reason",)),
    # Personal data in a payload is erased with the person.
    Guard(
        "campaigns_event", CHANGES, "", "An event never changes: what follows is another event.", erasable=("payload",)
    ),
    Guard("campaigns_holdoutoutcome", CHANGES, "", "An outcome never changes: tell another one."),
    Guard(
        "campaigns_guardrailtrip",
        CHANGES,
        "{row}.lifted_at IS NOT NULL",
        "A guardrail that was lifted stays as it was lifted.",
        is_sealed_by_update=True,
    ),
    Guard("campaigns_pipelineversion", CHANGES, "", "A version of a pipeline never changes: save the next one."),
    Guard("campaigns_pipelinepromotion", CHANGES, "", "A promotion never changes: promote or take back again."),
    Guard("campaigns_stage", CHANGES, "", "A stage never changes: save the next version of its pipeline."),
    Guard("campaigns_look", CHANGES, "", "A look at an experiment never changes: look again."),
    Guard(
        "campaigns_experiment",
        CHANGES,
        "{row}.registered_at IS NOT NULL",
        "A registered experiment never changes: register another one.",
        is_sealed_by_update=True,
    ),
)
