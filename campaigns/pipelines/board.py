"""The stages of a pipeline as the compose page shows them: each control with its choices, its value and what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from campaigns.pipelines import inputs
from campaigns.pipelines.inputs import StageShape
from campaigns.pipelines.offers import BY_RULES, Offers, guess
from campaigns.pipelines.stage_checks import labels_of
from campaigns.pipelines.stage_drafts import StageDraft
from campaigns.states import StageKind
from generation.teachers.queries import TeacherLine
from review.spec.schema import InputField
from review.spec.task_spec import TaskSpec
from review.text.verification.claim_task import CLAIM, PASSAGE

Errors = Mapping[str, Sequence[str]]
Options = list[tuple[str, str]]
_TOPS = {inputs.CONTACT: "The contact", inputs.RECORD: "The contact's record"}
_OPEN = {
    StageKind.RESEARCH: "Read from the company's site",
    StageKind.WRITE: "As the contact's record says",
}
_RULES_FACTS = (InputField(name=CLAIM, required=True), InputField(name=PASSAGE, required=True))


@dataclass(frozen=True)
class Control:
    """A control of a stage: its name in the form, label, value, choices by group, and what is wrong with it."""

    name: str
    label: str
    value: str
    groups: list[tuple[str, Options]] = field(default_factory=list)
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
    task: Control | None
    teacher: Control | None
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
    """Stages with what nobody spoke of yet chosen: a model for a new task, and for each fact the source of its name."""
    done: list[StageDraft] = []
    for draft in drafts:
        offered = inputs.available(offers.mail_spec, [shape_of(each, offers) for each in done], kind=draft.kind)
        own = {fact.name: guess(fact, offered, draft.kind) for fact in facts_of(draft, offers)}
        kept = {name: draft.inputs.get(name, source) for name, source in own.items()}
        done.append(replace(draft, inputs=kept, teacher=_teacher(draft, offers)))
    return done


def _teacher(draft: StageDraft, offers: Offers) -> str:
    lines = offers.models_for(draft.task)
    slugs = [*(line.teacher.slug for line in lines), *offers.routers_for(draft.task)]
    if not draft.task or draft.teacher in slugs:
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
    prefix = f"stages.{at}"
    spec = offers.spec_of(draft.task)
    controls = [_input(prefix, fact, draft, offered, errors) for fact in facts_of(draft, offers)]
    name = Control(
        f"{prefix}.name",
        "Name",
        draft.name,
        errors=errors.get(f"{prefix}.name", ()),
        help="Later stages call its answers by this name.",
    )
    placed = {control.name for control in controls} | {f"{prefix}.{end}" for end in ("name", "task", "teacher")}
    rest = [
        text
        for place, texts in errors.items()
        if place.startswith(f"{prefix}.") and place not in placed
        for text in texts
    ]
    return BoardStage(
        at,
        draft,
        name,
        _task(prefix, draft, offers, errors),
        _model(prefix, draft, offers, errors),
        controls,
        _labels(prefix, draft, spec),
        _rule(prefix, draft, offered),
        rest,
        is_last,
    )


def _task(prefix: str, draft: StageDraft, offers: Offers, errors: Errors) -> Control:
    options = [(task.slug, task.name) for task in offers.tasks_for(draft.kind)]
    if draft.kind in BY_RULES:
        options.insert(0, ("", "None: rules do it"))
    elif not draft.task:
        options.insert(0, ("", "Choose a task" if options else "You lead no task of this kind"))
    name = f"{prefix}.task"
    return Control(name, "Task", draft.task, [("", options)], errors.get(name, ()))


def _model(prefix: str, draft: StageDraft, offers: Offers, errors: Errors) -> Control | None:
    name = f"{prefix}.teacher"
    if not draft.task:
        # Without a task there is no model to choose; what is wrong stands at the task.
        return Control(
            name, "Model", "", [("", [("", "Rules" if draft.kind in BY_RULES else "–")])], errors.get(name, ())
        )
    lines = offers.models_for(draft.task)
    own = [(line.teacher.slug, _label(line)) for line in lines if line.teacher.provided_by]
    others = [(line.teacher.slug, _label(line)) for line in lines if not line.teacher.provided_by]
    routed = list(offers.routers_for(draft.task).items())
    titled = (("Miniatures", own), ("Teachers", others), ("Routers", routed))
    groups = [(title, options) for title, options in titled if options]
    return Control(name, "Model", draft.teacher, groups, errors.get(name, ()))


def _label(line: TeacherLine) -> str:
    if line.price is None:
        return f"{line.teacher.name} (no price)"
    return line.teacher.name if line.has_key else f"{line.teacher.name} (no key)"


def _input(prefix: str, fact: InputField, draft: StageDraft, offered: Mapping[str, str], errors: Errors) -> Control:
    name, value = f"{prefix}.inputs.{fact.name}", draft.inputs.get(fact.name, "")
    groups = [("", [("", _open(fact, draft.kind))])]
    by_top: dict[str, Options] = {}
    for source, kind in offered.items():
        if inputs.fits(kind, fact) or source == value:
            top, _, rest = source.partition(".")
            by_top.setdefault(_TOPS.get(top, f"Stage {top}"), []).append((source, f"{top}: {rest}"))
    if value and value not in offered:
        groups.append(("No longer there", [(value, value)]))
    return Control(name, fact.name, value, [*groups, *by_top.items()], errors.get(name, ()))


def _open(fact: InputField, kind: StageKind) -> str:
    return _OPEN.get(kind) or ("Choose" if fact.required else "Nothing")


def _labels(prefix: str, draft: StageDraft, spec: TaskSpec | None) -> list[LabelField]:
    if spec is None or draft.kind not in (StageKind.RESEARCH, StageKind.QUALIFY):
        return []
    return [
        LabelField(
            f"{prefix}.labels.{output.name}",
            output.name,
            [(label, label in draft.labels.get(output.name, ())) for label in labels_of(output)],
        )
        for output in spec.output_schema
        if output.type in inputs.LABELLED
    ]


def _rule(prefix: str, draft: StageDraft, offered: Mapping[str, str]) -> tuple[Control, Control] | None:
    if draft.task or draft.kind != StageKind.QUALIFY:
        return None
    options: Options = [("", "Choose"), *((source, source.replace(".", ": ", 1)) for source in offered)]
    return (
        Control(f"{prefix}.source", "Looks at", draft.source, [("", options)]),
        Control(f"{prefix}.values", "Continues if it is", draft.values, help="Values, separated by commas."),
    )
