"""Names, explanations and number formats of an evaluation's metrics. Pure Python."""

from __future__ import annotations

from dataclasses import dataclass

CHECKS = "passes_"
FIELDS = "passes_field_"
SHAPE = "has_shape"


@dataclass(frozen=True)
class MetricDisplay:
    """Name, explanation and number format of a metric."""

    name: str
    label: str
    about: str
    unit: str = ""  # percent, seconds, usd, or a plain number
    digits: int = 2

    @property
    def is_of_check(self) -> bool:
        """Return whether it is of one check or of one field's checks, and not among those told of every output."""
        return self.name.startswith(CHECKS) and all(self.name != listed.name for listed in METRICS)


METRICS = (
    MetricDisplay(
        "exact", "All values right", "Share of outputs with all values as in the approved example.", "percent", 1
    ),
    MetricDisplay(
        "passes_all",
        "Passes all checks",
        "Share of outputs in which no check marks anything; one that does not parse never passes.",
        "percent",
        1,
    ),
    MetricDisplay(
        "passes_names_company",
        "Names the company",
        "Share of outputs whose text names the record's company, even if it does not parse.",
        "percent",
        1,
    ),
    MetricDisplay("has_shape", "Valid format", "Share of outputs that parse as the task's fields.", "percent", 1),
    MetricDisplay("facts_right", "Facts used", "Values of facts that the text names, per output."),
    MetricDisplay(
        "facts_wrong", "Facts wrong", "Numbers and names found neither in the facts nor in the offer, per output."
    ),
    MetricDisplay(
        "unsupported_sentences",
        "Sentences not supported",
        "Of the sentences that claim something, those that facts and offer do not support by the verifier's rules; "
        "mean share over outputs.",
        "percent",
        1,
    ),
    MetricDisplay(
        "nonwords_per_200",
        "Non-words in 200",
        "Words in no list of the language, in no fact and nowhere in the task, in 200 words; mean over outputs.",
    ),
    MetricDisplay("words", "Words", "Length, per output.", "", 0),
    MetricDisplay(
        "self_similarity",
        "Self-similarity",
        "Largest overlap of five-word shingles with another output; 1 is the same text.",
    ),
    MetricDisplay(
        "gold_nll_per_byte",
        "Loss on approved examples",
        "Negative log-likelihood of the expert's text, nats per byte; lower is better.",
        "",
        3,
    ),
    MetricDisplay(
        "chrf", "chrF to approved examples", "Overlap of character 6-grams with the expert's text, 0 to 100.", "", 1
    ),
    MetricDisplay("rouge_l", "ROUGE-L to approved examples", "Longest common subsequence with the expert's text, F1."),
    MetricDisplay("seconds", "Seconds", "Of an output's share of its batch; of a call, all of it.", "seconds", 2),
    MetricDisplay(
        "cost_usd", "Cost of 1,000", "US dollars for 1,000 outputs; of this host, by its price per hour.", "usd"
    ),
)


OUT_OF_SHAPE = MetricDisplay(
    "out_of_shape",
    "Out of shape",
    "Outputs that could not be read as the task's fields. They fail all checks and every field; whatever can be "
    "measured on their text counts in the other rows.",
)

# How metrics of one field are told, by what their names begin with.
_OF_FIELDS = (
    ("right_", "{field} right", "Share of outputs whose {field} is that of the approved example.", "percent", 1),
    (
        "macro_f1_",
        "{field}, macro-F1",
        "Mean over the labels of the harmonic mean of precision and recall.",
        "percent",
        1,
    ),
    (
        "f1_",
        "{field}, set F1",
        "Mean over outputs of the F1 of the named values against the approved example's.",
        "percent",
        1,
    ),
    (
        "quoted_",
        "{field}, quote overlaps",
        "Share of outputs whose quotes overlap with the approved example's in the facts.",
        "percent",
        1,
    ),
    ("quote_f1_", "{field}, quote F1", "Mean over outputs of the F1 of the characters quoted.", "percent", 1),
    (
        "ranks_off_",
        "{field}, ranks off",
        "Mean distance in ranks to the approved label, for outputs with a label.",
        "",
        2,
    ),
    (
        "error_",
        "{field}, mean error",
        "Mean absolute distance to the approved number, for outputs with a number.",
        "",
        2,
    ),
    ("rmse_", "{field}, RMSE", "Root of the mean squared distance to the approved number.", "", 2),
)


_NEED_GOLD = frozenset({"exact", "gold_nll_per_byte", "chrf", "rouge_l"})
_NEED_GOLD_BEGINNINGS = tuple(start for start, *_ in _OF_FIELDS)


def needs_gold(name: str) -> bool:
    return name in _NEED_GOLD or name.startswith(_NEED_GOLD_BEGINNINGS)


def of_field(name: str) -> MetricDisplay | None:
    """A metric of one field, by its name; None where it is none."""
    for start, label, about, unit, digits in _OF_FIELDS:
        if name.startswith(start):
            field = name.removeprefix(start).replace("_", " ")
            label = label.format(field=field)
            return MetricDisplay(name, label[:1].upper() + label[1:], about.format(field=field), unit, digits)
    return None


def of_check(name: str) -> MetricDisplay:
    """Outputs that pass one check, or every check in one field."""
    if name.startswith(FIELDS):
        field = name.removeprefix(FIELDS)
        return MetricDisplay(name, f"Pass in {field}", f"Share without a mark in the field {field}.", "percent", 1)
    check = name.removeprefix(CHECKS).replace("_", " ")
    return MetricDisplay(name, f"Pass {check}", f"Share in which the check '{check}' marks nothing.", "percent", 1)
