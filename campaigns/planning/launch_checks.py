"""Checks before a launch: all problems at once, each with the way to fix it.

Reads rows, the price table and the environment's keys; changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from campaigns.compose import content, render, repeats
from campaigns.models import Arm, Campaign, Experiment, SenderIdentity, Step
from campaigns.pipelines import promotion as pipelines
from campaigns.planning import audience, forecast, plans
from campaigns.planning.edit import is_time_zone
from campaigns.planning.forecast import LaunchForecast
from campaigns.senders import check_domain, choice
from campaigns.states import StepCondition, StepWriter
from generation.money.figures import CENT, rounded_up
from members.models import Member
from review.spec.output_format import is_mail


@dataclass(frozen=True, slots=True)
class LaunchProblem:
    """One thing to mend first.

    Attributes:
        place: Where: `sender`, `contacts`, `arms`, `steps`, `links`, `limits`, `experiment` or `task`.
        sender: Slug of the sender that a warning is about.
    """

    code: str
    message: str
    hint: str
    place: str
    sender: str = ""


def launch_problems(
    campaign: Campaign, *, expected: LaunchForecast | None = None, by: Member | None = None
) -> list[LaunchProblem]:
    """Everything that keeps a campaign from being launched; an empty list when nothing does.

    Args:
        by: Who would launch it; None where nobody is to yet: then no stage's task is asked for a role.
    """
    problems = [*_sender(campaign), *_steps(campaign), *_links(campaign), *_arms(campaign, by), *_people(campaign)]
    problems += _experiment(campaign)
    if any(problem.code in ("arm_without_model", "weights") for problem in problems):
        return problems
    return [*problems, *_money(campaign, expected or forecast.forecast_of(campaign))]


def launch_warnings(campaign: Campaign) -> list[LaunchProblem]:
    """Return faults in the DNS of its senders' domains that are worth mending; none keeps it from its launch."""
    return [
        LaunchProblem("sender_domain", message, hint, "sender", sender.slug)
        for sender in choice.senders_of(campaign)
        for message, hint in check_domain.warnings_of(sender)
    ]


def _sender(campaign: Campaign) -> Iterator[LaunchProblem]:
    if campaign.sender is None:
        yield LaunchProblem(
            "no_sender", "It has no sender.", "Choose a sender identity: a mail names its sender.", "sender"
        )
    for sender in choice.senders_of(campaign):
        yield from _addresses(sender)


def _addresses(sender: SenderIdentity) -> Iterator[LaunchProblem]:
    if not sender.postal_address.strip():
        yield LaunchProblem(
            "no_postal_address",
            f"{sender.name} has no postal address.",
            "The law requires one in every commercial mail: add it to the sender.",
            "sender",
        )
    if not sender.from_address.strip() or not sender.reply_address.strip():
        yield LaunchProblem(
            "no_sender_address",
            f"{sender.name} has no address to write from, or none for replies.",
            "Add both to the sender.",
            "sender",
        )
    if marks := plans.marks_in_sender(sender):
        yield LaunchProblem("unfilled_value", marks, "Write the words themselves, on the sender's page.", "sender")


def _steps(campaign: Campaign) -> Iterator[LaunchProblem]:
    steps = list(campaign.steps.order_by("number"))
    slot_names = content.known_slots(campaign)
    if not steps:
        yield LaunchProblem("no_steps", "It has no mail to send.", "Add a first mail.", "steps")
    for marks in plans.marks_in_texts(steps):
        yield LaunchProblem("unknown_slot", marks, f"There are {plans.slots_named(slot_names)}.", "steps")
    yield from _same_texts(steps)
    yield from _clicks(campaign, steps)
    for step in steps:
        yield from (
            _fixed_text(step, slot_names)
            if step.writer == StepWriter.TEMPLATE
            else _written(campaign, step, slot_names)
        )


def _clicks(campaign: Campaign, steps: list[Step]) -> Iterator[LaunchProblem]:
    asking = [step for step in steps if step.when in (StepCondition.CLICKED, StepCondition.NOT_CLICKED)]
    if asking and not campaign.links.exists():
        yield LaunchProblem(
            "no_links",
            f"Mail {asking[0].number} asks whether a link was clicked, and the campaign has no links.",
            "Add a link and use it in a mail before, or choose another condition.",
            "links",
        )


def _same_texts(steps: list[Step]) -> Iterator[LaunchProblem]:
    fixed = [step for step in steps if step.writer == StepWriter.TEMPLATE and step.body.strip()]
    for at, step in enumerate(fixed):
        if repeat := repeats.find(step.body, [{"body": earlier.body} for earlier in fixed[:at]]):
            yield LaunchProblem(
                "repeated_text", f"Mail {step.number} repeats one before it. {repeat}", "Write another text.", "steps"
            )


def _fixed_text(step: Step, slots: list[str]) -> Iterator[LaunchProblem]:
    if not (step.subject.strip() or step.same_thread) or not step.body.strip():
        yield LaunchProblem("empty_text", f"Mail {step.number} has no subject or no text.", "Write both.", "steps")
    for slot in content.slots_in(step):
        if slot not in slots:
            yield LaunchProblem(
                "unknown_slot",
                f"Mail {step.number} uses {{{{{slot}}}}}, which has no value.",
                render.DEFAULT_HINT if "|" in slot else f"There are {plans.slots_named(slots)}.",
                "steps",
            )


def _written(campaign: Campaign, step: Step, slots: list[str]) -> Iterator[LaunchProblem]:
    spec = campaign.task_version.spec
    if not is_mail(spec):
        yield LaunchProblem(
            "not_a_mail",
            f"Mail {step.number} is to be written by a model, but the task does not write mails.",
            "A task for mails has two outputs: a subject and a body.",
            "task",
        )
    for slot in spec.slots:
        if slot not in slots:
            yield LaunchProblem(
                "unknown_slot",
                f"The task lets its model write {{{{{slot}}}}}, which has no value here.",
                f"Add a link '{slot.removeprefix('link.')}'."
                if slot.startswith("link.")
                else f"There are {plans.slots_named(slots)}.",
                "task",
            )


def _links(campaign: Campaign) -> Iterator[LaunchProblem]:
    for name, url in content.link_urls(campaign).items():
        if wrong := wrong_url(url):
            yield LaunchProblem(
                "bad_link", f"The link '{name}' {wrong}.", "Write one such as https://example.com/demo.", "links"
            )


def wrong_url(url: str) -> str:
    """Return the fault of a link's address, in words after its name; empty when it may be used."""
    try:
        parts = urlsplit(url)
        host, _ = (parts.hostname or ""), parts.port
    except ValueError:
        return "is not an address"
    if parts.scheme != "https":
        return "does not begin with https://"
    if "." not in host or any(sign.isspace() or sign in '<>"\\' for sign in url):
        return "names no host on the web"
    if parts.username or parts.password or "@" in parts.netloc:
        return "holds a user name, which hides where it leads"
    return ""


def _arms(campaign: Campaign, by: Member | None) -> Iterator[LaunchProblem]:
    arms = list(campaign.arms.select_related("teacher", "miniature", "pipeline__pipeline").order_by("position"))
    if not any(arm.weight for arm in arms if not arm.is_holdout):
        yield LaunchProblem(
            "weights",
            "No arm that is mailed is given any contact.",
            "Give at least one such arm a weight above 0.",
            "arms",
        )
    if not audience.has_written_steps(campaign):
        return
    for arm in arms:
        if arm.is_holdout:
            continue
        yield from _arm(campaign, arm)
        if arm.pipeline is not None:
            for problem in pipelines.problems_of(arm.pipeline, mails=campaign.task_version, by=by):
                yield LaunchProblem(*problem, "arms")


def _arm(campaign: Campaign, arm: Arm) -> Iterator[LaunchProblem]:
    if arm.teacher is None:
        yield LaunchProblem(
            "arm_without_model",
            f"The arm '{arm.name}' has no model to write its mails.",
            "Choose a teacher or a promoted miniature for it.",
            "arms",
        )
    if arm.miniature is not None and arm.miniature.task_id != campaign.task_id:
        yield LaunchProblem(
            "other_task",
            f"{arm.miniature.name}, of the arm '{arm.name}', was tuned for another task.",
            "Choose a miniature of this task.",
            "arms",
        )


def _people(campaign: Campaign) -> Iterator[LaunchProblem]:
    if not is_time_zone(campaign.time_zone):
        yield LaunchProblem(
            "time_zone", f"'{campaign.time_zone}' is not a time zone.", "Write one such as Europe/Berlin.", "limits"
        )
    if not audience.is_chosen(campaign.audience):
        hint = "Choose a segment, an import, or everyone."
        yield LaunchProblem("no_contacts", "No contacts are chosen.", hint, "contacts")
    elif not audience.contacts_matching(campaign).exists():
        out = ", ".join(f"{count:,} {why}" for why, count in audience.left_out(campaign).items() if count)
        yield LaunchProblem(
            "no_contacts",
            "There are no contacts to write to." + (f" Left out: {out}." if out else ""),
            "Import contacts, or widen the choice.",
            "contacts",
        )
    elif count := audience.without_basis(campaign):
        yield LaunchProblem(
            "no_lawful_basis",
            f"{count:,} of the contacts have no lawful basis with a source and a date.",
            "Import them again with all three.",
            "contacts",
        )
    if marks := plans.marks_in_contacts(campaign):
        yield LaunchProblem(
            "unfilled_value", marks, "Correct these contacts: mails use these values as they are.", "contacts"
        )


def _experiment(campaign: Campaign) -> Iterator[LaunchProblem]:
    experiment = Experiment.objects.filter(campaign=campaign).first()
    if experiment is not None and experiment.registered_at is None:
        yield LaunchProblem(
            "experiment_not_registered",
            "Its experiment is not registered yet.",
            "Register it first: what is to be shown is fixed before anything is sent.",
            "experiment",
        )
    if experiment is None and campaign.arms.filter(weight__gt=0).count() > 1:
        yield LaunchProblem(
            "no_experiment",
            "It has several arms and no experiment that compares them.",
            "Register an experiment, or leave one arm.",
            "experiment",
        )


def _money(campaign: Campaign, expected: LaunchForecast) -> Iterator[LaunchProblem]:
    for line in expected.arms:
        if line.refusal is not None:
            yield LaunchProblem(
                line.refusal.code,
                f"The arm '{line.arm.name}' cannot be written: {line.refusal.message}",
                line.refusal.hint,
                "arms",
            )
        for stage in line.stages:
            if stage.refusal is not None:
                yield LaunchProblem(
                    stage.refusal.code,
                    f"The stage '{stage.stage.name}' of the arm '{line.arm.name}' cannot run: {stage.refusal.message}",
                    stage.refusal.hint,
                    "arms",
                )
    if campaign.max_model_usd < max(expected.cost_usd, expected.least_usd):
        enough = rounded_up(expected.cost_high_usd + expected.least_usd, CENT)
        yield LaunchProblem(
            "budget_too_small",
            f"The models may cost ${campaign.max_model_usd.normalize():f}, and would cost about "
            f"${expected.cost_usd:.2f}, one call of each up to ${rounded_up(expected.least_usd, CENT)}.",
            f"${enough} would cover it; or write to fewer people.",
            "limits",
        )
