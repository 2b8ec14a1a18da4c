"""Tasks and their versions through the services, and starters, which can be used as they are."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from django.core.exceptions import PermissionDenied

from demo.offline_teacher import teacher
from demo.offline_teacher.client import field_schema
from members.models import Member
from review.models import Membership, Task
from review.spec import prompting
from review.spec.starters import STARTERS, Starter, outreach
from review.spec.task_spec import SYSTEM_MARK, USER_MARK, TaskSpec
from review.spec.values import normalise_fields
from review.states import Role
from review.tasks import authoring
from review.tasks.queries import latest_version
from review.text import checks
from tests.at_once import at_once
from tests.review.factories import join, make_task
from web.errors import Refusal


def changed(text: str) -> TaskSpec:
    return outreach.SPEC.model_copy(update={"guideline": text})


@pytest.mark.django_db
def test_the_creator_of_a_task_leads_it_and_finds_version_1(admin: Member) -> None:
    task = authoring.create(name=" Outreach ", slug="outreach", spec=outreach.SPEC, by=admin, note="first")

    version = latest_version(task)
    assert (task.name, version.number, version.note) == ("Outreach", 1, "first")
    assert version.spec == outreach.SPEC
    assert Membership.objects.get(task=task).role == Role.LEAD


@pytest.mark.django_db
def test_a_second_task_with_the_same_address_is_refused(admin: Member) -> None:
    make_task(by=admin)

    with pytest.raises(Refusal) as refusal:
        make_task(by=admin)

    assert (refusal.value.code, refusal.value.status) == ("slug_taken", 409)
    assert refusal.value.errors == {"slug": ["'outreach' is taken."]}


@pytest.mark.django_db
@pytest.mark.parametrize("slug", ["", "Big", "a b", "-a", "new", "x" * 61])
def test_a_bad_address_is_named_beside_its_field(admin: Member, slug: str) -> None:
    with pytest.raises(Refusal) as refusal:
        authoring.create(name="A", slug=slug, spec=outreach.SPEC, by=admin)

    assert list(refusal.value.errors) == ["slug"]


@pytest.mark.django_db
def test_who_leads_nothing_makes_no_task(reviewer: Member, admin: Member) -> None:
    with pytest.raises(PermissionDenied):
        make_task(by=reviewer)

    join(reviewer, make_task(by=admin, slug="other"), Role.LEAD)

    assert make_task(by=reviewer, slug="mine").slug == "mine"


@pytest.mark.django_db
def test_a_change_makes_the_next_version_and_leaves_the_old_one(admin: Member) -> None:
    task = make_task(by=admin)

    version = authoring.new_version(task, spec=changed("Be brief."), by=admin, note="shorter")

    assert version.number == 2
    assert task.versions.get(number=1).spec == outreach.SPEC


@pytest.mark.django_db
def test_saving_what_is_there_already_is_refused(admin: Member) -> None:
    task = make_task(by=admin)

    with pytest.raises(Refusal) as refusal:
        authoring.new_version(task, spec=outreach.SPEC, by=admin)

    assert (refusal.value.code, refusal.value.status) == ("nothing_changed", 409)
    assert "version 1 says exactly this" in refusal.value.message


@pytest.mark.django_db
def test_going_back_to_an_older_wording_is_a_new_version(admin: Member) -> None:
    task = make_task(by=admin)
    authoring.new_version(task, spec=changed("Be brief."), by=admin)

    assert authoring.new_version(task, spec=outreach.SPEC, by=admin).number == 3


@pytest.mark.django_db
def test_a_reviewer_edits_nothing(admin: Member, reviewer: Member) -> None:
    task = make_task(by=admin)
    join(reviewer, task)

    with pytest.raises(PermissionDenied):
        authoring.new_version(task, spec=changed("x"), by=reviewer)


@pytest.mark.django_db(transaction=True)
def test_two_editors_at_once_get_two_numbers(admin: Member) -> None:
    task = make_task(by=admin)

    def save(text: str) -> None:
        authoring.new_version(Task.objects.get(pk=task.pk), spec=changed(text), by=admin)

    at_once(*(partial(save, f"Rule {n}.") for n in range(4)))

    assert sorted(task.versions.values_list("number", flat=True)) == [1, 2, 3, 4, 5]


BROKEN: list[tuple[Callable[[dict], object], str, str]] = [
    (lambda body: body.update(instruction=""), "instruction", "This is empty; it is required."),
    (lambda body: body.pop("teacher_template"), "teacher_template", "This is empty; it is required."),
    (lambda body: body.update(language="English"), "language", "A language code such as 'en' or 'de-AT'."),
    (lambda body: body.update(input_schema=[]), "input_schema", "the input schema names no field; add at least one"),
    (
        lambda body: body["input_schema"].append({"name": "company"}),
        "input_schema",
        "the input schema names 'company' twice",
    ),
    (lambda body: body["input_schema"].append({"name": "Big Name"}), "input_schema.15.name", "Small letters, digits"),
    (
        lambda body: body["output_schema"][0].update(max_chars=0),
        "output_schema.0.max_chars",
        "This must be at least 1.",
    ),
    (
        lambda body: body["output_schema"][1].update(min_words=500),
        "output_schema.1",
        "min_words 500 is above max_words 160",
    ),
    (
        lambda body: body["output_schema"][1].update(max_chars=78),
        "output_schema.1",
        "40 words do not fit in 78 characters",
    ),
    (
        lambda body: body["output_schema"].append({"name": "n", "type": "integer", "minimum": 0.2, "maximum": 0.8}),
        "output_schema.2",
        "no whole number lies between 0.2 and 0.8",
    ),
    (
        lambda body: body["output_schema"][0].update(pattern="(?x)((a{999} ) {999} ) {999}"),
        "output_schema.0",
        "more than 1,000,000 repeats",
    ),
    (lambda body: body.update(student_template=f"{SYSTEM_MARK} {{{{facts}}}}"), "student_template", "follows it"),
    (lambda body: body.update(student_template=f"{USER_MARK} a {SYSTEM_MARK} b"), "student_template", "comes first"),
    (lambda body: body.update(teacher_template=f"{SYSTEM_MARK} a {USER_MARK} "), "teacher_template", "nothing follows"),
    (
        lambda body: body.update(teacher_template=f"{USER_MARK} a {USER_MARK} b"),
        "teacher_template",
        "may be used once each",
    ),
    (lambda body: body["output_schema"][0].update(type="object"), "output_schema.0", "an object names its items"),
    (lambda body: body["output_schema"][0].update(type="choice"), "output_schema.0", "a choice names its labels"),
    (lambda body: body.update(slots=["first name"]), "slots.0", "A slot has two parts"),
    (
        lambda body: body.update(student_template="Hi {{nobody}}"),
        "student_template",
        "unknown slot '{{nobody}}'; known are",
    ),
    (
        lambda body: body["checks"].append({"kind": "spam", "fields": ["head"]}),
        "checks",
        "names the field 'head', which",
    ),
    (lambda body: body["checks"].append({"kind": "magic"}), "checks.9.kind", "'magic' is none of"),
    (lambda body: body["reasons"].append({"digit": 1, "code": "x", "label": "X"}), "reasons", "share a digit"),
    (lambda body: body["reasons"][0].update(digit=12), "reasons.0.digit", "This must be at most 9."),
    (lambda body: body.update(colour="red"), "colour", "'colour' is not part of a specification."),
]


@pytest.mark.parametrize(("change", "path", "says"), BROKEN)
def test_a_mistake_in_a_specification_is_named_at_its_place(change: Callable, path: str, says: str) -> None:
    body = outreach.SPEC.canonical()
    change(body)

    with pytest.raises(Refusal) as refusal:
        authoring.parse_spec(body)

    assert refusal.value.code == "spec_invalid"
    assert any(says in text for text in refusal.value.errors[path])


def test_counts_of_a_pattern_side_by_side_are_no_mistake() -> None:
    uuid, body = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", outreach.SPEC.canonical()
    body["output_schema"][0]["pattern"] = rf"{uuid}/{uuid}(?:\p{{L}}|[]({{9}}]){{0,999}}"

    assert authoring.parse_spec(body).output_schema[0].pattern


def test_a_version_from_before_is_read_whatever_its_pattern_counts() -> None:
    body = outreach.SPEC.canonical()
    body["output_schema"][0]["pattern"] = "((a{999}){999}){999}"

    assert TaskSpec.model_validate(body).output_schema[0].pattern


def test_faults_of_the_version_before_do_not_refuse_the_next() -> None:
    body = outreach.SPEC.canonical()
    body["output_schema"][1].update(max_chars=78)
    body["teacher_template"] = f"{SYSTEM_MARK} a {USER_MARK} "
    before = TaskSpec.model_validate(body)

    body["instruction"] = "Write."
    body["output_schema"].insert(0, {"name": "first"})
    assert authoring.parse_spec(body, before).instruction == "Write."

    body["output_schema"][2].update(max_chars=77)
    body["student_template"] = body["teacher_template"]
    with pytest.raises(Refusal) as refusal:
        authoring.parse_spec(body, before)
    assert set(refusal.value.errors) == {"output_schema.2", "student_template"}


@pytest.mark.parametrize("body", [[], "text", None, 7])
def test_a_specification_that_is_no_object_is_refused(body: object) -> None:
    with pytest.raises(Refusal, match="must be a JSON object"):
        authoring.parse_spec(body)


ALL = pytest.mark.parametrize("starter", STARTERS.values(), ids=list(STARTERS))


@ALL
def test_the_example_of_a_starter_passes_its_own_checks_and_comes_back_from_its_text(starter: Starter) -> None:
    fields = normalise_fields(starter.spec.output_schema, starter.fields)

    assert checks.run(starter.spec, starter.facts, fields) == []
    assert prompting.parse(starter.spec, prompting.completion(starter.spec, fields)) == fields


@ALL
def test_a_starter_fills_every_required_fact_and_its_prompts_have_no_hole(starter: Starter) -> None:
    required = {field.name for field in starter.spec.input_schema if field.required}
    rendered = [prompting.messages(starter.spec, starter.facts, audience=who) for who in ("teacher", "student")]

    text = "\n".join(message["content"] for messages in rendered for message in messages)
    assert required <= set(starter.facts)
    assert "{{" not in text.replace("{{contact.first_name}}", "")
    assert len(rendered[1][-1]["content"]) < len(text) / 2


@ALL
def test_clean_drafts_of_the_offline_teacher_are_not_marked(starter: Starter) -> None:
    fields = [field_schema(field) for field in starter.spec.output_schema]
    facts = {name: value if isinstance(value, str) else "; ".join(value) for name, value in starter.facts.items()}

    for seed in range(40):
        draft = teacher.write(
            facts=facts,
            offer=starter.spec.offer.model_dump(mode="json"),
            output_fields=fields,
            seed=seed,
            defect_rate=0,
        )
        written = normalise_fields(starter.spec.output_schema, draft.fields)
        marks = [mark for mark in checks.run(starter.spec, starter.facts, written) if mark.check != "length"]
        assert marks == [], written


def test_no_two_starters_say_the_same() -> None:
    def runs(starter: Starter) -> set[tuple[str, ...]]:
        # The frame of the long prompt is shared on purpose; what each says of its own task is not.
        spec = starter.spec
        own = [spec.instruction, spec.guideline, *(field.description for field in spec.input_schema)]
        own += [field.description for field in spec.output_schema]
        own += [requirement.description for requirement in spec.rubric]
        words = [text.split() for text in own]
        return {tuple(text[at : at + 6]) for text in words for at in range(len(text) - 5)}

    starters = list(STARTERS.values())
    shared = {
        (one.slug, other.slug): runs(one) & runs(other)
        for place, one in enumerate(starters)
        for other in starters[place + 1 :]
    }

    assert {pair: said for pair, said in shared.items() if said} == {}
