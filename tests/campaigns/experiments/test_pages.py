"""Pages of experiments: the form with what can be shown, the verdict first, files, and who may do what."""

from __future__ import annotations

import hashlib
import json

import pytest
from django.urls import reverse

from campaigns.experiments import register
from campaigns.models import Campaign, Experiment, Look, Message, Reply
from campaigns.states import CampaignState, EventKind
from review.states import Role
from tests.campaigns.experiment_rows import LAUNCHED, Row, counts, event, launched, two_arms
from tests.campaigns.experiments.conftest import WISHES
from tests.review import factories as desk

FORM = {
    "hypothesis": "As good.", "claim": "not_worse", "metric": "reply", "margin": "2", "baseline": "6", "alpha": "5",
    "power": "80", "icc": "0.05", "horizon_days": "14",
}  # fmt: skip


@pytest.fixture
def page(as_member, lead):
    return as_member(lead)


def url(name, slug):
    return reverse(f"campaigns:{name}", args=[slug])


def test_the_form_registers_shares_that_were_typed_in_per_cent(page, campaign):
    answer = page.post(url("experiment-plan", campaign.slug), {**FORM, "verb": "register"})

    made = Experiment.objects.get()
    assert answer.headers["Location"] == url("experiment", made.slug)
    assert (made.margin, made.baseline, made.alpha, made.power) == (0.02, 0.06, 0.05, 0.8)
    assert made.registered_at is not None


def test_a_draft_is_kept_and_shown_again(page, campaign):
    page.post(url("experiment-plan", campaign.slug), {**FORM, "verb": "keep", "margin": "1.5"})

    text = page.get(url("experiment-plan", campaign.slug)).content.decode()

    assert Experiment.objects.get().registered_at is None
    assert 'value="1.5"' in text


def test_a_margin_without_sense_is_shown_beside_its_field(page, campaign):
    answer = page.post(url("experiment-plan", campaign.slug), {**FORM, "margin": "6"})

    assert answer.status_code == 422
    assert "would call an arm without any success not worse" in answer.content.decode()
    assert not Experiment.objects.exists()


def test_the_page_says_beforehand_what_the_contacts_can_show(page, campaign):
    answer = page.get(url("experiment-outlook", campaign.slug), {**FORM, "hypothesis": ""})

    text = answer.content.decode()
    assert "Not worse than 6.0 % by more than 2 points needs 2,210 contacts an arm" in text
    assert "you can show" in text
    assert "Too few" in text


def test_the_outlook_names_what_has_no_sense(page, campaign):
    text = page.get(url("experiment-outlook", campaign.slug), {**FORM, "margin": "0"}).content.decode()

    assert "It must be above 0" in text


def test_a_registered_experiment_has_no_form(page, experiment):
    answer = page.get(url("experiment-plan", experiment.campaign.slug))

    assert answer.headers["Location"] == url("experiment", experiment.slug)


@pytest.mark.slow
def test_the_verdict_stands_before_its_numbers(page, experiment):
    launched(experiment, counts((59, 1000), (51, 1000)))

    text = page.get(url("experiment", experiment.slug)).content.decode()

    at = [
        text.index(word)
        for word in ("It is still open whether Variant", "Numbers</h2>", "Miettinen-Nurminen", "SHA-256")
    ]
    assert at == sorted(at)
    assert "ordinary interval decides" in text
    assert "unchanged" in text


@pytest.mark.slow
@pytest.mark.usefixtures("kept_figures")
def test_a_large_experiment_tells_when_it_was_read_and_is_read_anew_once_its_campaign_ends(page, experiment):
    launched(experiment, counts((59, 1000), (51, 1000)))
    address = url("experiment", experiment.slug)

    first, second = (page.get(address).content.decode() for _ in range(2))
    Campaign.objects.update(state=CampaignState.ENDED)
    ended = page.get(address).content.decode()

    assert ["Counted <time" in text for text in (first, second, ended)] == [False, True, False]
    assert all("It is still open whether Variant" in text for text in (first, second, ended))


@pytest.mark.slow
def test_a_broken_split_is_alarmed_on_top(page, experiment):
    launched(experiment, counts((20, 600), (20, 400)))

    text = page.get(url("experiment", experiment.slug)).content.decode()

    assert text.index("did not get their planned shares") < text.index("Verdict</h2>")


@pytest.mark.slow
def test_every_stage_has_a_page(page, campaign, lead):
    made = register.save_plan(campaign, WISHES, by=lead)
    kept = page.get(url("experiment", made.slug)).content.decode()
    register.register(campaign, WISHES, by=lead)
    sealed = page.get(url("experiment", made.slug)).content.decode()
    Campaign.objects.update(state="running", launched_at=LAUNCHED)
    empty = page.get(url("experiment", made.slug)).content.decode()

    assert "Not registered yet" in kept
    assert "Launch the campaign" in sealed
    assert "No verdict yet" in empty


@pytest.mark.slow
def test_a_reply_leads_back_to_its_mail_for_leads_alone(page, experiment, as_member, make_member, task):
    launched(experiment, [*counts((5, 50), (5, 50)), Row(0, "answers")])
    mail = Message.objects.get(contact__cluster="answers.example")
    told = event(mail, EventKind.REPLIED, at=LAUNCHED)
    told.save()
    Reply.objects.create(event=told, message=mail, meaning="interested", text="Call me on 555 0100")
    viewer = make_member("vic")
    desk.join(viewer, task, Role.VIEWER)
    walk = reverse("campaigns:mail", args=[experiment.campaign.slug, mail.pk])

    seen = as_member(viewer).get(url("experiment", experiment.slug)).content.decode()

    assert walk in page.get(url("experiment", experiment.slug)).content.decode()
    assert walk not in seen
    assert "555 0100" not in seen


@pytest.mark.slow
def test_a_look_is_recorded_and_the_first_complete_one_is_final(page, experiment):
    launched(experiment, counts((59, 1000), (51, 1000)))

    page.post(url("experiment-look", experiment.slug))
    page.post(url("experiment-look", experiment.slug))

    assert list(Look.objects.order_by("number").values_list("number", "is_final")) == [(1, True), (2, False)]
    assert Look.objects.get(number=1).result["verdicts"][0]["outcome"] == "open"
    assert "final</span>" in page.get(url("experiment", experiment.slug)).content.decode()


def test_before_the_launch_there_is_nothing_to_look_at(page, experiment):
    page.post(url("experiment-look", experiment.slug))

    assert not Look.objects.exists()


def test_the_registration_downloads_as_the_bytes_that_were_hashed(page, experiment):
    answer = page.get(url("experiment-registration", experiment.slug))

    assert hashlib.sha256(answer.content).hexdigest() == experiment.registration_sha256


def test_the_result_and_the_contacts_download(page, experiment):
    launched(experiment, counts((5, 50), (5, 50)))

    result = json.loads(page.get(url("experiment-result", experiment.slug)).content)
    contacts = page.get(url("experiment-contacts", experiment.slug)).content.decode()

    assert result["format"] == "miniatures.experiment-result/1"
    assert contacts.splitlines()[0] == "contact,arm,company,segment,first_mail,at_horizon,outcome"
    assert len(contacts.splitlines()) == 101


@pytest.mark.slow
def test_prices_may_be_changed_on_the_page(page, experiment):
    launched(experiment, counts((5, 50), (5, 50)))

    text = page.get(url("experiment", experiment.slug), {"person": "90", "gpu": "2.5"}).content.decode()

    assert 'value="90.0"' in text
    assert 'value="2.5"' in text


def test_the_list_shows_experiments_and_campaigns_that_wait_for_one(page, experiment, task, lead):
    two_arms(task, by=lead, slug="waits")

    text = page.get(url("experiments", task.slug)).content.decode()

    assert experiment.hypothesis in text
    assert url("experiment-plan", "waits") in text


def test_the_list_costs_the_same_for_one_and_for_many(page, experiment, task, lead, django_assert_max_num_queries):
    for number in range(4):
        register.register(two_arms(task, by=lead, slug=f"more-{number}"), WISHES, by=lead)

    with django_assert_max_num_queries(16):
        page.get(url("experiments", task.slug))


def test_a_viewer_is_offered_no_registration(as_member, make_member, task, lead):
    two_arms(task, by=lead, slug="other")
    viewer = make_member("vic")
    desk.join(viewer, task, Role.VIEWER)

    answer = as_member(viewer).get(url("experiments", task.slug))

    assert answer.status_code == 200
    assert "Register its experiment" not in answer.content.decode()
