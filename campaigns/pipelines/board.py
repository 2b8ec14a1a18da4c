"""The stages of a pipeline as the compose page shows them: each control with its choices, its value and what is wrong.

A new pipeline starts from the usual stages, filled from the tasks there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from campaigns.pipelines import inputs
from campaigns.pipelines.inputs import StageShape
from campaigns.pipelines.offers import BY_RULES, Offers, guess
from campaigns.pipelines.stage_checks import labels_of
from campaigns.pipelines.stage_drafts import StageDraft
from campaigns.states import ReplyClass, StageKind
from generation.teachers.queries import TeacherLine
from review.models import Task
from review.spec.schema import InputField
from review.spec.task_spec import TaskSpec
from review.text.verification.claim_task import CLAIM, PASSAGE

Errors = Mapping[str, Sequence[str]]
Options = list[tuple[str, str]]
Groups = Sequence[tuple[str, Options]]
_TOPS = {inputs.CONTACT: "The contact", inputs.RECORD: "The contact's record"}
_OPEN = {
    StageKind.RESEARCH: "Read from the company's site",
    StageKind.WRITE: "As the contact's record says",
}
# How many labels a task shares with the classes of replies before it is taken for one that sorts them.
SHARED_LABELS = 3
_RULES_FACTS = (InputField(name=CLAIM, required=True), InputField(name=PASSAGE, required=True))


@dataclass(frozen=True)
class Control:
    """A control of a stage: its name in the form, label, value, choices by group, and what is wrong with it."""

    name: str
    label: str
    value: str
    groups: Groups = ()
    errors: Sequence[str] = ()
    help: str = ""

    @property
    def id(self) -> str:
        return f"id-{self.name.replace('.', '-')}"


@dataclass(frozen=True)
class LabelField:
    """A field of a stage's answer whose labels a condition can name: label and whether it is ticked."""

    name: str
    field: str
    labels: list[tuple[str, bool]]


@dataclass(frozen=True)
class BoardStage:
    """One stage on the page."""

    at: int
    draft: StageDraft
    name: Control
    task: Control
    teacher: Control
    inputs: list[Control]
    labels: list[LabelField]
    rule: tuple[Control, Control] | None
    errors: list[str]
    is_last: bool

    @property
    def number(self) -> int:
        return self.at + 1

    @property
    def folded(self) -> list[Control]:
        """Inputs that nobody needs to see: what the writer takes from the contact's record as it stands."""
        if self.draft.kind != StageKind.WRITE:
            return []
        return [control for control in self.inputs if not control.value and not control.errors]

    @property
    def shown(self) -> list[Control]:
        return [control for control in self.inputs if control not in self.folded]


def filled(drafts: Sequence[StageDraft], offers: Offers) -> list[StageDraft]:
    """Stages with what nobody spoke of yet chosen: a model for a new task, and for each fact the source of its name.

    A model that is no longer there stays named, so that no other writes in its place unseen.
    """
    done: list[StageDraft] = []
    for draft in drafts:
        offered = inputs.available(offers.mail_spec, [shape_of(each, offers) for each in done], kind=draft.kind)
        own = {fact.name: guess(fact, offered, draft.kind) for fact in facts_of(draft, offers)}
        kept = {name: draft.inputs.get(name, source) for name, source in own.items()}
        done.append(replace(draft, inputs=kept, teacher=_teacher(draft, offers)))
    return done


def usual_stages(offers: Offers) -> list[StageDraft]:
    """Return the stages to start from: research and a check of its claims where a task can do it, and the writing."""
    research = _first(offers, StageKind.RESEARCH)
    stages = []
    if research:
        stages.append(StageDraft(StageKind.RESEARCH, "research", task=research))
        # Without a task that checks claims, rules do.
        stages.append(StageDraft(StageKind.VERIFY, "claims", task=_first(offers, StageKind.VERIFY)))
    return filled([*stages, StageDraft(StageKind.WRITE, "write", task=offers.mail.slug)], offers)


def _first(offers: Offers, kind: StageKind) -> str:
    """Prefer the first task of a kind with a model that can be asked, else the first; empty where there is none."""
    slugs = [task.slug for task in offers.tasks_for(kind) if task.pk != offers.mail.pk]
    ready = [slug for slug in slugs if any(line.can_be_asked for line in offers.models_for(slug))]
    return next(iter([*ready, *slugs]), "")


def reply_sorter(offers: Offers) -> Task | None:
    """The task that sorts replies: the one whose labels are the classes of replies."""
    for version in offers.versions.values():
        for output in version.spec.output_schema:
            if len({label.name for label in output.labels} & set(ReplyClass.values)) >= SHARED_LABELS:
                return version.task
    return None


def _teacher(draft: StageDraft, offers: Offers) -> str:
    lines = offers.models_for(draft.task)
    slugs = [*(line.teacher.slug for line in lines), *offers.routers_for(draft.task)]
    if not draft.task or draft.teacher in slugs or offers.is_gone(draft.teacher):
        return draft.teacher if draft.task else ""
    ready = [line.teacher.slug for line in lines if line.can_be_asked]
    return next(iter([*ready, *slugs]), "")


def shape_of(draft: StageDraft, offers: Offers) -> StageShape:
    """A stage as later ones see it."""
    mapped = {name: source for name, source in draft.inputs.items() if source}
    return StageShape(draft.name, draft.kind, offers.spec_of(draft.task), mapped)


def facts_of(draft: StageDraft, offers: Offers) -> Sequence[InputField]:
    """Facts of a stage's task that can be given a source."""
    spec = offers.spec_of(draft.task)
    if spec is None:
        return _RULES_FACTS if draft.kind == StageKind.VERIFY else ()
    hidden = set(inputs.given_inputs(draft.kind))
    if draft.kind != StageKind.RESEARCH:
        hidden |= inputs.page_facts(spec)
    return [fact for fact in spec.input_schema if fact.name not in hidden]


def board(drafts: Sequence[StageDraft], offers: Offers, errors: Errors) -> list[BoardStage]:
    """All stages as the page shows them.

    Args:
        drafts: As `filled` leaves them.
        errors: What is wrong, by place such as `stages.1.inputs.claim`.
    """
    shown, earlier = [], list[StageShape]()
    for at, draft in enumerate(drafts):
        offered = inputs.available(offers.mail_spec, earlier, kind=draft.kind)
        shown.append(_stage(at, draft, offers, offered, errors, is_last=at == len(drafts) - 1))
        earlier.append(shape_of(draft, offers))
    return shown


def _stage(
    at: int, draft: StageDraft, offers: Offers, offered: Mapping[str, str], errors: Errors, *, is_last: bool
) -> BoardStage:
    prefix = f"stages.{at}."
    mine = {place.removeprefix(prefix): texts for place, texts in errors.items() if place.startswith(prefix)}

    def control(place: str, label: str, value: str, groups: Groups = (), hint: str = "") -> Control:
        return Control(f"{prefix}{place}", label, value, groups, mine.pop(place, ()), hint)

    return BoardStage(
        at,
        draft,
        control("name", "Name", draft.name, hint="Later stages call its answers by this name."),
        control("task", "Task", draft.task, [("", _tasks(draft, offers))]),
        control("teacher", "Model", draft.teacher if draft.task else "", _models(draft, offers)),
        [
            control(f"inputs.{fact.name}", fact.name, draft.inputs.get(fact.name, ""), _sources(fact, draft, offered))
            for fact in facts_of(draft, offers)
        ],
        _labels(prefix, draft, offers.spec_of(draft.task)),
        _rule(prefix, draft, offered),
        [text for texts in mine.values() for text in texts],
        is_last,
    )


def _tasks(draft: StageDraft, offers: Offers) -> Options:
    options = [(task.slug, task.name) for task in offers.tasks_for(draft.kind)]
    if draft.kind in BY_RULES:
        return [("", "None: rules do it"), *options]
    nothing = "Choose a task" if options else "You lead no task of this kind"
    return options if draft.task else [("", nothing), *options]


def _models(draft: StageDraft, offers: Offers) -> Groups:
    if not draft.task:
        # Without a task there is no model to choose; what is wrong stands at the task.
        return [("", [("", "Rules" if draft.kind in BY_RULES else "–")])]
    lines = offers.models_for(draft.task)
    own = [(line.teacher.slug, writer_label(line)) for line in lines if line.teacher.provided_by]
    others = [(line.teacher.slug, writer_label(line)) for line in lines if not line.teacher.provided_by]
    routed = list(offers.routers_for(draft.task).items())
    gone = [(draft.teacher, draft.teacher)] if offers.is_gone(draft.teacher) else []
    titled = (("Out of use", gone), ("Miniatures", own), ("Teachers", others), ("Routers", routed))
    return [(title, options) for title, options in titled if options]


def writer_label(line: TeacherLine) -> str:
    """Return a model's name as a choice, and what it lacks."""
    if not line.teacher.is_active:
        return f"{line.teacher.name} (out of use)"
    if line.price is None:
        return f"{line.teacher.name} (no price)"
    return line.teacher.name if line.has_key else f"{line.teacher.name} (no key)"


def _sources(fact: InputField, draft: StageDraft, offered: Mapping[str, str]) -> Groups:
    value = draft.inputs.get(fact.name, "")
    groups = [("", [("", _OPEN.get(draft.kind) or ("Choose" if fact.required else "Nothing"))])]
    by_top: dict[str, Options] = {}
    for source, kind in offered.items():
        if inputs.fits(kind, fact) or source == value:
            top, _, rest = source.partition(".")
            by_top.setdefault(_TOPS.get(top, f"Stage {top}"), []).append((source, f"{top}: {rest}"))
    if value and value not in offered:
        groups.append(("No longer there", [(value, value)]))
    return [*groups, *by_top.items()]


def _labels(prefix: str, draft: StageDraft, spec: TaskSpec | None) -> list[LabelField]:
    if spec is None or draft.kind not in (StageKind.RESEARCH, StageKind.QUALIFY):
        return []
    return [
        LabelField(
            f"{prefix}labels.{output.name}",
            output.name,
            [(label, label in draft.labels.get(output.name, ())) for label in labels_of(output)],
        )
        for output in spec.output_schema
        if output.value_type.is_picked
    ]


def _rule(prefix: str, draft: StageDraft, offered: Mapping[str, str]) -> tuple[Control, Control] | None:
    if draft.task or draft.kind != StageKind.QUALIFY:
        return None
    options: Options = [("", "Choose"), *((source, source.replace(".", ": ", 1)) for source in offered)]
    return (
        Control(f"{prefix}source", "Looks at", draft.source, [("", options)]),
        Control(f"{prefix}values", "Continues if it is", draft.values, help="Values, separated by commas."),
    )
