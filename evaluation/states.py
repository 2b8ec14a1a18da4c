"""Words of this room. Pure Python."""

from django.db.models import TextChoices


class SystemKind(TextChoices):
    """Kind of system that wrote an output."""

    TEACHER = "teacher", "Teacher"
    BASE = "base", "Base"
    LORA = "lora", "LoRA"
    FULL = "full", "Full"
    BASELINE = "baseline", "Baseline"


class Baseline(TextChoices):
    """Baseline that an evaluation may compare a run with, beside its bare base."""

    NEAREST = "nearest", "Copy of the most similar approved text"
    EXAMPLES = "examples", "Base with the teacher's prompt and approved examples"
    FULL_PROMPT = "full_prompt", "Base with the teacher's prompt"


# At most one more system writes in an ordinary evaluation: the stronger prompt.
DEFAULT_BASELINES = (Baseline.NEAREST, Baseline.EXAMPLES)


class SuiteKind(TextChoices):
    """Way in which the cases of a suite are chosen; all are of the validation split."""

    HELD_OUT = "held_out", "Held-out"
    HARD = "hard", "Hard cases"
    ADVERSARIAL = "adversarial", "Adversarial"
    REGRESSION = "regression", "Regression"
    SLICE = "slice", "Slice"


class RuleKind(TextChoices):
    """Value that a rule of a gate compares with its bound."""

    AT_LEAST = "at_least", "At least"
    AT_MOST = "at_most", "At most"
    NOT_WORSE = "not_worse", "Not worse by more than"
    FORGETTING = "forgetting", "Forgetting at most"


class Against(TextChoices):
    """With whom a margin compares a miniature."""

    TEACHER = "teacher", "The teacher"
    BASELINE = "baseline", "The best baseline"
    BASE = "base", "The bare base"


class RuleOutcome(TextChoices):
    PASSES = "passes", "Passes"
    FAILS = "fails", "Fails"
    CANNOT_TELL = "cannot_tell", "Cannot tell"


class StudyKind(TextChoices):
    SAMPLES = "samples", "How many samples"
    METHODS = "methods", "LoRA against full"
    FILTER = "filter", "Does the human filter help"
    STUDENTS = "students", "The smallest student that holds"
    TRANSFER = "transfer", "Does it transfer between tasks"
    CONTEXT = "context", "A shorter context against a longer"
    CLONING = "cloning", "Imitating texts against logits"
    EXPERTS = "experts", "An expert of a mixture against a dense student"
    MINUTES = "minutes", "SFT, DPO, KTO and on-policy at equal expert minutes"
    ROUTER = "router", "Several experts behind a router against one larger student"
    RETRIEVAL = "retrieval", "A miniature that vets retrieved passages"
    PRECISION = "precision", "Half precision against full"
    SHAPES = "shapes", "An encoder–decoder against a decoder"


class StudyMetric(TextChoices):
    """Metric that a study's cells are judged by, on validation records."""

    NLL = "nll_per_byte", "Loss on the experts' texts, nats per byte"
    PASSES = "passes_all", "Share of outputs that pass every check"
    RIGHT = "answers_right", "Share of outputs whose values are all right"


# Metrics of outputs that are written, 0 or 1 each, and how a verdict calls their mean.
SHARE_METRICS: dict[str, str] = {
    StudyMetric.PASSES: "the share that passes",
    StudyMetric.RIGHT: "the share that is right",
}


class CellState(TextChoices):
    OPEN = "open", "not begun"
    QUEUED = "queued", "in the queue"
    TRAINING = "training", "training"
    SCORING = "scoring", "scoring"
    PAUSED = "paused", "paused"
    DONE = "done", "done"
    FAILED = "failed", "failed"


class VoteVerdict(TextChoices):
    """Verdict of a vote on a pair; one that takes another back says nothing of it."""

    LEFT = "left", "Left is better"
    RIGHT = "right", "Right is better"
    TIE = "tie", "A tie"
    BOTH_BAD = "both_bad", "Both are bad"
    RETRACT = "retract", "Taken back"


class ArenaEnd(TextChoices):
    CLEAR = "clear", "every order is clear"
    SPENT = "spent", "the planned votes are given"
    LEAD = "lead", "a lead closed it"
