"""Rows of this room that never change, for the triggers of the review room to hold."""

from review.db.immutability import Guard

CHANGES = ("UPDATE", "DELETE")
_STUDY = "A study never changes once it is registered: register another one."
_VERDICT = "A verdict never changes: register another study."
_CELL = "A registered cell never changes: register another study."
# What a study's record says of a cell. How a cell goes is written beside it.
_PLACE = ("study_id", "position", "arm", "records", "seed", "measurement_id", "is_reused")
GUARDS = (
    Guard("evaluation_study", CHANGES, "", _STUDY),
    Guard("evaluation_studyverdict", CHANGES, "", _VERDICT),
    Guard(
        "evaluation_studycell",
        ("UPDATE",),
        " OR ".join(f"OLD.{column} <> NEW.{column}" for column in _PLACE),
        _CELL,
        is_sealed_by_update=True,
    ),
    Guard("evaluation_studycell", ("DELETE",), "", _CELL),
    Guard(
        "evaluation_measurement",
        CHANGES,
        "CAST({row}.scores AS text) <> '{{}}'",
        "What was measured never changes.",
        is_sealed_by_update=True,
    ),
    Guard("evaluation_arenavote", CHANGES, "", "A vote never changes: take it back by another one."),
    Guard("evaluation_suite", CHANGES, "", "A suite never changes once it is frozen: freeze another one."),
    Guard("evaluation_gate", CHANGES, "", "A gate never changes: set the next one."),
)
