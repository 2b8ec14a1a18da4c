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
    "Students are asked from the largest downwards: has the relative difference in loss, LoRA against full fine-tuning, a 95 % "
    "interval that ends below +2 %? The first that has not, or one of whose arms has seeds that differ by more than 20 % (unstable), "
    "ends the asking. So at most 2.5 % of such studies call LoRA as good where it loses that much. The Pareto fronts "
    "(no arm has both less loss and less cost) are of the means; they are shown and not tested."
)
FILTER_RULE: Final = (
    "Asked in this order: is the loss with accepted and edited texts below that with {first}as many unfiltered drafts (the 95 % "
    "interval of the relative difference, over the same records and averaged over seeds, ends below zero)? Is {that} with "
    "accepted drafts? Are accepted and edited texts better than as many of the longest drafts, and than everything that was "
    "written? The first that is not shown, or whose seeds differ by more than 20 % (unstable), ends the asking: so at "
    "most 2.5 % of such studies name a gain that is none."
)
# With a raw arm. Unfiltered drafts were read and judged, and are taken whatever was decided.
FIRST_RAW: Final = {
    "first": "as many raw drafts, which nobody read, and then below that with ",
    "that": "it below that with unfiltered drafts",
}
BY_FAMILY: Final = (
    "Each family is asked from its largest student downwards: has the loss, over the loss of the largest of all, an interval that "
    "ends below 1.05? The first that has not, or whose seeds differ by more than 20 % (unstable), ends the asking in its family. "
    "The families share the level (Bonferroni: the interval is one of 1 - 5 % / families), so at most 2.5 % of such studies name "
    "a student that does not hold. The smallest that is shown in any family is the answer. Losses are told by the byte, so that "
    "students with other tokenizers can be compared."
)
# What the rules of other kinds call a loss where a share is what is judged.
LOSS_OF_SHARE: Final = "Judged is {share}, higher being better: what is called loss here is the fall of it, and seeds are unstable beyond 20 points."
# Of a share that passes, what is lost is its fall; the rule is the same.
SHARE_RULE: Final = (
    "Sizes are asked from the largest below the whole downwards: is the fall of the share of outputs that pass, against "
    "the share at the largest size, shown to be less than 5 % (its 95 % interval ends below)? The first that is not, or whose seeds "
    "differ by more than 20 points (unstable), ends the asking; the last one shown is enough. So at most 2.5 % of "
    "such studies name a size that is not. What 300 more records would buy is told "
    "only if the 95 % interval of the gain, on the curve a·n^-b + c fitted to the share that fails, lies above zero and "
    "the shares follow the curve (lack of fit, p at least 0.05)."
)
RULES: Final[dict[str, dict[str, Any]]] = {
    StudyKind.SAMPLES: {
        "text": (
            "Sizes are asked from the largest below the whole downwards: has the loss, over the loss at the largest size, "
            "a 95 % interval that ends below 1.05? The first that has not, or whose seeds differ by more than 20 % (unstable), "
            "ends the asking; the last one shown is enough. So at most 2.5 % of such studies name a size that is not. What 300 more records would buy is told only if the "
            "95 % interval of the gain, on the fitted curve a·n^-b + c, lies above zero and the losses follow the curve "
            "(lack of fit, p at least 0.05)."
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
            "+2 %; otherwise the study has not told. Where the seeds of one differ by more than 20 % (unstable) the study cannot tell."
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
            "Students are asked from the second largest downwards: has the loss, over the loss of the largest, a 95 % interval "
            "that ends below 1.05? The first that has not, or whose seeds differ by more than 20 % (unstable), ends the asking; "
            "the last one shown is the smallest that holds. So at most 2.5 % of such studies name a student that does not. Losses are "
            "told by the byte, so that students with other tokenizers can be compared."
        ),
        "tolerance": 0.05,
        "unstable_above": 0.2,
        "draws": 2000,
        "level": 0.95,
        "seed": 1,
    },
    StudyKind.TRANSFER: {
        "text": (
            "For every task and every other task: the relative difference in loss on the other task's validation records, tuned on "
            "the one against not tuned, paired by record and averaged over seeds. Student's t with the variance of seeds, pooled over "
            "the rows of a column, and of records, at the fewer degrees of freedom of both; p-values adjusted by Holm over all pairs. A pair with an adjusted p "
            "of at most 0.05 helps or hurts; of no other is anything said. So at most 5 % of such studies name a transfer that is "
            "none, 2.5 % one that helps. A row whose seeds differ by more than 20 % on a task is unstable there: of it nothing is said."
        ),
        "base": BASE,
        "tolerance": 0.0,
        "gain": 0.05,
        "unstable_above": 0.2,
        "level": 0.95,
    },
    StudyKind.CONTEXT: {
        "text": (
            "The shorter context loses nothing if the 95 % interval of its relative difference in loss against the longer one, "
            "paired by record and averaged over seeds, ends below +2 %; it loses if that begins above +2 %; otherwise the study has "
            "not told. Rows that a recipe cannot read whole are left out of it, never cut; how many stands with each "
            "cell. So at most 2.5 % of such studies call a context enough that loses that much."
        ),
        "tolerance": 0.02,
        "unstable_above": 0.2,
        "draws": 2000,
        "level": 0.95,
        "seed": 1,
    },
    StudyKind.CLONING: {
        "text": (
            "Asked in this order: does the student that learns the teacher's logits lose less than the one that imitates the texts of "
            "the same rows (the 95 % interval of the relative difference, over the same records and averaged over seeds, ends below "
            "zero)? Does imitation of reasoning and answer lose less than that of the answers alone, where both are tuned? The first "
            "that is not shown, or whose seeds differ by more than 20 % (of a share 20 points: unstable), ends the asking: so at most 2.5 % of such "
            "studies name a gain that is none. That texts teach better is said where the first interval begins above zero, which "
            "errs in at most 2.5 % more."
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
            "same records and averaged over seeds, ends below zero; the dense one is if it begins above; otherwise the study has not "
            "told. So where neither is better at most 2.5 % of such studies call the one better, and 2.5 % the other. Where the seeds of one differ by more than 20 % "
            "(unstable) the study cannot tell. Both are tuned on the same texts; losses are told by the byte."
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
            "Every arm spends the same expert minutes, and each is asked for itself against SFT on the golds that they buy: is the "
            "relative difference in loss, paired by record, averaged over seeds, records of one group drawn together, shown to be below zero? The arms "
            "share the level (Bonferroni: the interval is one of 1 - 5 % / arms), so at most 2.5 % of such studies name a gain that is "
            "none; an arm is called worse where its interval begins above zero, which errs in at most 2.5 % more. Of an arm whose seeds "
            "differ by more than 20 % (unstable) nothing is said. Minutes are those kept with the decisions, a card counted for five at "
            "most; rejections cost theirs and give no gold. Steps and seconds of tuning are not made equal: they stand beside."
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
            "Each expert is tuned on the golds of its own segment, the larger student on all of the same golds; each validation record "
            "counts with the loss of the expert that the router sends it to. The experts are as good if the 95 % interval of the relative "
            "difference in loss, paired by record, averaged over seeds, records of one group drawn together, ends below +2 %; better if "
            "it ends below zero; worse if it begins above +2 %; otherwise the study has not told. So at most 2.5 % of such studies call "
            "experts as good that lose that much, and 2.5 % call them better that are not. Where the seeds of one side differ by more than "
            "20 % (unstable) the study cannot tell. What is told by segment has intervals that share the level (Bonferroni) and decides "
            "nothing. Losses are told by the byte."
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
            "Each validation claim is held against the three best passages that a search finds among those of all validation records. "
            "Asked in this order: is a larger share of claims right with the miniature than with the one answer that is most often "
            "right (the 95 % interval of the share that is lost, paired by record, averaged over seeds, records of one group drawn "
            "together, ends below zero)? Is it larger than with the rules? The first that is not shown, or whose seeds differ by more "
            "than 20 points (unstable), ends the asking: so at most 2.5 % of such studies call a miniature better that is not."
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
