"""Rules that decide a study: the rule of each kind, in words and in the numbers its verdict is computed with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from evaluation.states import SHARE_METRICS, StudyKind
from evaluation.studies.design import (
    ACCEPTED,
    ANSWER_ALONE,
    BASE,
    BY_RULES,
    DENSE,
    EDITED,
    EVERY,
    IMITATES,
    ISOLATED,
    LARGER,
    LOGITS,
    LONGEST,
    MINIATURE,
    ONE_ANSWER,
    RAW,
    ROUTED,
    SFT,
    UNFILTERED,
    StudyArm,
    StudyDesign,
)

# A fixed sequence of tests, each at its full level, errs in no more studies than one test does (Maurer, Hothorn and Lehmacher
# 1995, in Biometrie in der chemisch-pharmazeutischen Industrie 6). Studies registered before searched without an order.
LARGEST_FIRST: Final = "largest_first"


def rule_of(design: StudyDesign) -> dict[str, Any]:
    """The decision rule of a kind, in words and in the numbers the verdict is computed with."""
    rule = {**RULES[design.kind], "metric": str(design.metric)}
    if design.kind in (StudyKind.STUDENTS, StudyKind.CONTEXT):
        smaller, largest = design.arms[:-1], design.arms[-1]
        rule["comparisons"] = [[arm.name, largest.name] for arm in reversed(smaller)]
        if largest.family:
            rule |= _by_family(smaller)
    if design.kind == StudyKind.METHODS and len(design.arms) > 2:
        pairs = zip(design.arms[::2], design.arms[1::2], strict=True)
        rule |= {"comparisons": [[lora.name, full.name] for lora, full in reversed(list(pairs))]}
        rule |= {"text": ACROSS_SIZES, "tolerance": rule["margin"]}
    if design.kind == StudyKind.FILTER and RAW in {arm.name for arm in design.arms}:
        rule |= {"text": FILTER_RULE.format(**FIRST_RAW), "comparisons": [[EDITED, RAW], *rule["comparisons"]]}
    if design.kind == StudyKind.MINUTES:
        rule |= _at_equal_minutes(design)
    if design.kind == StudyKind.ROUTER:
        rule |= _behind_a_router(design)
    if design.kind == StudyKind.CLONING:
        names = {arm.name for arm in design.arms}
        rule["comparisons"] = [pair for pair in rule["comparisons"] if names.issuperset(pair)]
    if design.metric in SHARE_METRICS:
        share = SHARE_METRICS[design.metric]
        if design.kind == StudyKind.SAMPLES:
            rule["text"] = SHARE_RULE.replace("the share of outputs that pass", share)
        elif "comparisons" in rule:
            rule["text"] += f" {LOSS_OF_SHARE.format(share=share)}"
    return rule


def _by_family(smaller: Sequence[StudyArm]) -> dict[str, Any]:
    """Test each family from its largest downwards, at a level that all families share."""
    families = {arm.name: arm.family for arm in smaller}
    each = 1 - 0.05 / len(set(families.values()))
    return {"text": BY_FAMILY, "families": families, "level": each, "draws": 20_000}


def _at_equal_minutes(design: StudyDesign) -> dict[str, Any]:
    """Test each arm against SFT, at a level that all of them share."""
    beside = [arm.name for arm in design.arms[1:]]
    return {
        "comparisons": [[name, SFT] for name in beside],
        "families": {name: name for name in beside},
        "level": 1 - 0.05 / len(beside),
        "minutes": design.sizes[0],
    }


def _behind_a_router(design: StudyDesign) -> dict[str, Any]:
    experts = [arm for arm in design.arms if arm.fact]
    return {
        "fact": experts[0].fact if experts else "",
        "routes": {record: arm.name for arm in experts for record in arm.scores},
        "experts": [arm.name for arm in experts],
    }


ACROSS_SIZES: Final = (
    "We test students from the largest downwards: LoRA is as good as full fine-tuning if the 95 % interval of its relative "
    "difference in loss ends below +2 %. We stop at the first student where it does not, or where the seeds of an arm differ by "
    "more than 20 % (unstable). So at most 2.5 % of such studies call LoRA as good when it loses that much. The Pareto fronts "
    "(no arm has both less loss and less cost) use means; they are shown, not tested."
)
FILTER_RULE: Final = (
    "Tested in this order: is the loss with accepted and edited texts below that with {first}as many unfiltered drafts (the 95 % "
    "interval of the relative difference, over the same records and averaged over seeds, ends below zero)? Is {that} with "
    "accepted drafts? Are accepted and edited texts better than as many of the longest drafts, and than all drafts? "
    "We stop at the first comparison that is not shown, or whose seeds differ by more than 20 % (unstable). So at "
    "most 2.5 % of such studies report a gain that does not exist."
)
# With a raw arm. Unfiltered drafts were judged, and are taken regardless of the verdict.
FIRST_RAW: Final = {
    "first": "as many raw drafts, which no one read, and then below that with ",
    "that": "it below that with unfiltered drafts",
}
BY_FAMILY: Final = (
    "We test each family from its largest student downwards: a student holds if the interval of its loss, divided by the loss "
    "of the largest student of all, ends below 1.05. In each family we stop at the first that does not hold, or whose seeds differ by more than 20 % "
    "(unstable). The families share the level (Bonferroni: an interval of 1 - 5 % / families), so at most 2.5 % of such studies name "
    "a student that does not hold. The smallest student that holds in any family is the answer. Losses are per byte, so that "
    "students with different tokenizers can be compared."
)
# What the rules of other kinds call a loss where a share is what is judged.
LOSS_OF_SHARE: Final = (
    "The metric is {share}; higher is better. Loss here means its fall, and seeds are unstable beyond 20 points."
)
# Of a share that passes, what is lost is its fall; the rule is the same.
SHARE_RULE: Final = (
    "We go down from the largest sample below the whole: a size is enough if the share of outputs that pass falls by less than 5 % "
    "of the share at the largest size (the 95 % interval ends below 5 %). We stop at the first size that is not enough, or whose seeds "
    "differ by more than 20 points (unstable). The last size that is enough is the answer, so at most 2.5 % of "
    "such studies name a size that is not enough. The gain from 300 more records is reported "
    "only if its 95 % interval, on the curve a·n^-b + c fitted to the share that fails, lies above zero and "
    "the shares follow the curve (lack of fit, p at least 0.05)."
)
RULES: Final[dict[str, dict[str, Any]]] = {
    StudyKind.SAMPLES: {
        "text": (
            "We go down from the largest sample below the whole: a size is enough if its loss, divided by the loss at the largest size, "
            "has a 95 % interval that ends below 1.05. We stop at the first size that is not enough, or whose seeds differ by more than "
            "20 % (unstable). The last size that is enough is the answer, so at most 2.5 % of such studies name a size that is not enough. "
            "The gain from 300 more records is reported only if its 95 % interval, on the fitted curve a·n^-b + c, lies above zero "
            "and the losses follow the curve (lack of fit, p at least 0.05)."
        ),
        "misfit_p": 0.05,
        "tolerance": 0.05,
        "order": LARGEST_FIRST,
        "unstable_above": 0.2,
        "more_records": 300,
        "draws": 2000,
        "level": 0.95,
        "seed": 1,
    },
    StudyKind.METHODS: {
        "text": (
            "LoRA is as good as full fine-tuning if the 95 % interval of its relative difference in loss, paired by "
            "record and averaged over seeds, ends below +2 %; better if it ends below zero; worse if it begins above "
            "+2 %; otherwise the result is undecided. If the seeds of either differ by more than 20 % (unstable), the study cannot tell."
        ),
        "margin": 0.02,
        "unstable_above": 0.2,
        "draws": 2000,
        "level": 0.95,
        "seed": 1,
    },
    StudyKind.FILTER: {
        "text": FILTER_RULE.format(first="", that="that"),
        "comparisons": [[EDITED, UNFILTERED], [ACCEPTED, UNFILTERED], [EDITED, LONGEST], [EDITED, EVERY]],
        "tolerance": 0.0,
        "gain": 0.05,
        "unstable_above": 0.2,
        "draws": 2000,
        "level": 0.95,
        "seed": 1,
    },
    StudyKind.STUDENTS: {
        "text": (
            "We test students from the second largest downwards: a student holds if its loss, divided by the loss of the largest, has a "
            "95 % interval that ends below 1.05. We stop at the first that does not hold, or whose seeds differ by more than 20 % (unstable). "
            "The last one that holds is the answer, so at most 2.5 % of such studies name a student that does not hold. Losses are "
            "per byte, so that students with different tokenizers can be compared."
        ),
        "tolerance": 0.05,
        "unstable_above": 0.2,
        "draws": 2000,
        "level": 0.95,
        "seed": 1,
    },
    StudyKind.TRANSFER: {
        "text": (
            "For every pair of tasks: the relative difference in loss on the other task's validation records, tuned on "
            "the first task against not tuned, paired by record and averaged over seeds. Student's t with the variance of seeds, pooled over "
            "the rows of a column, and of records, at the fewer degrees of freedom of both; p-values adjusted by Holm over all pairs. A pair with an adjusted p "
            "of at most 0.05 helps or hurts; the others are undecided. So at most 5 % of such studies report a transfer that does not "
            "exist, 2.5 % one that helps. A row whose seeds differ by more than 20 % on a task is unstable there and undecided."
        ),
        "base": BASE,
        "tolerance": 0.0,
        "gain": 0.05,
        "unstable_above": 0.2,
        "level": 0.95,
    },
    StudyKind.CONTEXT: {
        "text": (
            "The shorter context is enough if the 95 % interval of its relative difference in loss against the longer one, "
            "paired by record and averaged over seeds, ends below +2 %; it loses if the interval begins above +2 %; otherwise the result is "
            "undecided. Rows too long for a recipe are left out of it, never cut; each cell shows how many. "
            "So at most 2.5 % of such studies call a context enough that loses that much."
        ),
        "tolerance": 0.02,
        "unstable_above": 0.2,
        "draws": 2000,
        "level": 0.95,
        "seed": 1,
    },
    StudyKind.CLONING: {
        "text": (
            "Tested in this order: does the student that learns the teacher's logits lose less than the one that imitates the texts of "
            "the same rows (the 95 % interval of the relative difference, over the same records and averaged over seeds, ends below "
            "zero)? If both are tuned, does imitating reasoning and answer lose less than imitating the answers alone? We stop at the first "
            "comparison that is not shown, or whose seeds differ by more than 20 % (of a share, 20 points: unstable). So at most 2.5 % of such "
            "studies report a gain that does not exist. If the first interval begins above zero, we say that texts teach better, which "
            "is wrong in at most another 2.5 %."
        ),
        "comparisons": [[LOGITS, IMITATES], [IMITATES, ANSWER_ALONE]],
        "tolerance": 0.0,
        "gain": 0.05,
        "unstable_above": 0.2,
        "draws": 2000,
        "level": 0.95,
        "seed": 1,
    },
    StudyKind.EXPERTS: {
        "text": (
            "The isolated expert is the better student if the 95 % interval of the relative difference in loss to the dense one, over the "
            "same records and averaged over seeds, ends below zero; the dense one is better if it begins above zero; otherwise the result is "
            "undecided. If neither is better, at most 2.5 % of such studies call the one better, and 2.5 % the other. If the seeds of either differ by more than 20 % "
            "(unstable), the study cannot tell. Both are tuned on the same texts; losses are per byte."
        ),
        "comparisons": [[ISOLATED, DENSE]],
        "tolerance": 0.0,
        "gain": 0.05,
        "unstable_above": 0.2,
        "draws": 2000,
        "level": 0.95,
        "seed": 1,
    },
    StudyKind.MINUTES: {
        "text": (
            "All arms spend the same expert minutes, and each is compared with SFT on the approved examples that these minutes buy: is the "
            "relative difference in loss, paired by record, averaged over seeds, records of one group drawn together, shown to be below zero? The arms "
            "share the level (Bonferroni: an interval of 1 - 5 % / arms), so at most 2.5 % of such studies report a gain that does not "
            "exist; an arm is called worse if its interval begins above zero, which is wrong in at most another 2.5 %. An arm whose seeds "
            "differ by more than 20 % (unstable) is undecided. Minutes are those recorded with the decisions, at most five a card; "
            "rejections cost minutes and give no example. Steps and seconds of tuning are shown but not made equal."
        ),
        "tolerance": 0.0,
        "gain": 0.05,
        "unstable_above": 0.2,
        "draws": 20_000,
        "level": 0.95,
        "seed": 1,
    },
    StudyKind.ROUTER: {
        "text": (
            "Each expert is tuned on the approved examples of its own segment, the larger student on all of them; each validation record "
            "counts with the loss of the expert that the router sends it to. The experts are as good if the 95 % interval of the relative "
            "difference in loss, paired by record, averaged over seeds, records of one group drawn together, ends below +2 %; better if "
            "it ends below zero; worse if it begins above +2 %; otherwise the result is undecided. So at most 2.5 % of such studies call "
            "experts as good that lose that much, and 2.5 % call them better that are not. If the seeds of one side differ by more than "
            "20 % (unstable), the study cannot tell. Intervals by segment share the level (Bonferroni) and decide "
            "nothing. Losses are per byte."
        ),
        "comparisons": [[ROUTED, LARGER]],
        "tolerance": 0.02,
        "unstable_above": 0.2,
        "draws": 20_000,
        "level": 0.95,
        "seed": 1,
    },
    StudyKind.RETRIEVAL: {
        "text": (
            "Each validation claim is checked against the three best passages that a search finds among those of all validation records. "
            "Tested in this order: is a larger share of claims right with the miniature than with the single answer that is most often "
            "right (the 95 % interval of the share that is lost, paired by record, averaged over seeds, records of one group drawn "
            "together, ends below zero)? Is it larger than with the rules? We stop at the first comparison that is not shown, or whose seeds differ by more "
            "than 20 points (unstable). So at most 2.5 % of such studies call a miniature better that is not."
        ),
        "comparisons": [[MINIATURE, ONE_ANSWER], [MINIATURE, BY_RULES]],
        "tolerance": 0.0,
        "gain": 0.1,
        "unstable_above": 0.2,
        "draws": 20_000,
        "level": 0.95,
        "seed": 1,
    },
}
