"""An experiment's answer: everyone assigned counts, only complete outcomes are compared, shares of arms are watched."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.core.management import call_command

from campaigns.experiments import enrolments, page_data, register, results
from campaigns.models import Event, Experiment, Message
from campaigns.overview import figures
from campaigns.sending import lifecycle
from campaigns.states import EventKind, MessageState, Metric
from stats.intervals import two_clustered as robust
from stats.intervals import two_shares
from stats.intervals.samples import ShareSample
from tests.campaigns import contact_outcomes
from tests.campaigns.experiment_rows import LAUNCHED, Row, counts, event, launched, two_arms
from tests.campaigns.experiments.conftest import WISHES
from tests.campaigns.statistics.arms import of_clusters

AFTER = LAUNCHED + timedelta(days=14, hours=1)


@pytest.mark.slow
def test_figures_of_a_known_table_are_the_statistics_packages(experiment):
    experiment = launched(experiment, counts((59, 1000), (51, 1000)))

    found = results.result(experiment, at=AFTER)

    expected = two_shares.difference(ShareSample(59, 1000), ShareSample(51, 1000))
    (one,) = found["analysis"]["comparisons"]
    assert (found["stage"], found["rests_on"], found["ripe"]) == ("complete", "single look", 2000)
    assert one["effect"]["estimate"] == pytest.approx(-0.008)
    assert one["effect"]["interval"]["low"] == expected.interval.low
    assert one["effect"]["interval"]["high"] == expected.interval.high
    assert one["effect"]["p_value"] == expected.p_value
    (said,) = found["verdicts"]
    assert said["sentence"] == (
        "It is still open whether Variant did worse than Teacher by more than 2 points: 5.1 % against 5.9 %, "
        "difference −0.8 points (95 % −2.8 to 1.2)."
    )
    assert said["outcome"] == "open"


@pytest.mark.slow
def test_not_worse_is_shown_when_the_margin_is_cleared(experiment):
    experiment = launched(experiment, counts((177, 3_000), (174, 3_000)))

    found = results.result(experiment, at=AFTER)

    (said,) = found["verdicts"]
    assert (said["finding"], said["outcome"]) == ("not_worse", "shown")
    assert said["sentence"].startswith(
        "Variant did not do worse than Teacher by more than 2 points: 5.8 % against 5.9 %"
    )


@pytest.mark.slow
def test_worse_by_more_than_the_margin_refutes_the_claim(experiment):
    experiment = launched(experiment, counts((90, 500), (50, 500)))

    (said,) = results.result(experiment, at=AFTER)["verdicts"]

    assert (said["finding"], said["outcome"]) == ("worse", "refuted")


@pytest.mark.slow
def test_companies_not_contacts_make_the_error(experiment):
    rows = [
        Row(arm, f"co{arm}x{company}", replied_after=1.0 if company < replies else None)
        for arm, replies in ((0, 8), (1, 6))
        for company in range(60)
        for _ in range(3)
    ]
    experiment = launched(experiment, rows)

    found = results.result(experiment, at=AFTER)

    (one,) = found["analysis"]["comparisons"]
    expected = robust.difference(
        of_clusters([3] * 60, [3.0] * 8 + [0.0] * 52, is_binary=True),
        of_clusters([3] * 60, [3.0] * 6 + [0.0] * 54, is_binary=True),
    )
    assert found["analysis"]["is_clustered"]
    assert one["effect"]["se"] == pytest.approx(expected.se)
    assert one["effect"]["interval"]["low"] == pytest.approx(expected.interval.low)


def test_a_contact_that_was_never_mailed_counts(experiment):
    rows = counts((10, 100), (10, 90)) + [Row(1, f"never{number}", state=MessageState.REJECTED) for number in range(10)]
    experiment = launched(experiment, rows)

    found = results.result(experiment, at=AFTER)

    variant = found["analysis"]["arms"][1]
    assert (variant["n"], variant["mean"]) == (100, pytest.approx(0.1))
    assert found["missing"]["never_mailed"] == 10
    assert found["stage"] == "complete"


def test_a_mail_of_unknown_fate_counts_and_is_told(experiment):
    rows = counts((10, 100), (10, 98)) + [Row(1, f"lost{n}", state=MessageState.UNKNOWN) for n in range(2)]
    experiment = launched(experiment, rows)

    found = results.result(experiment, at=AFTER)

    assert found["analysis"]["arms"][1]["n"] == 100
    assert found["missing"]["unknown"] == 2


@pytest.mark.slow
def test_only_those_at_their_horizon_are_compared_and_by_what_may_be_watched(experiment):
    early, late = counts((20, 200), (12, 200)), [
        Row(arm, f"late{arm}x{n}", replied_after=0.5, sent_after=5.0) for arm in (0, 1) for n in range(50)
    ]  # fmt: skip
    experiment = launched(experiment, early + late)

    found = results.result(experiment, at=AFTER)

    assert (found["stage"], found["rests_on"]) == ("running", "always-valid sequence")
    assert (found["ripe"], found["assigned"]) == (400, 500)
    assert found["missing"]["not_at_horizon"] == 100
    (one,) = found["analysis"]["comparisons"]
    assert one["effect"]["estimate"] == pytest.approx(-0.04)
    watched, single = one["watched"]["interval"], one["effect"]["interval"]
    assert watched["low"] < single["low"] < single["high"] < watched["high"]
    (last,) = found["days"]["Variant"]
    assert (last["low"], last["high"]) == (pytest.approx(watched["low"]), pytest.approx(watched["high"]))


def test_a_company_joins_whole_or_not_at_all(experiment):
    rows = [*counts((5, 50), (5, 50)), Row(0, "both", sent_after=0.0), Row(0, "both", sent_after=3.0)]
    experiment = launched(experiment, rows)

    before = results.result(experiment, at=AFTER)
    after = results.result(experiment, at=AFTER + timedelta(days=3))

    assert (before["ripe"], after["ripe"]) == (100, 102)
    assert after["stage"] == "complete"


def test_a_reply_after_the_horizon_does_not_count(experiment):
    rows = [*counts((5, 50), (5, 50)), Row(1, "slow", replied_after=20.0)]
    experiment = launched(experiment, rows)

    found = results.result(experiment, at=AFTER + timedelta(days=30))

    assert found["analysis"]["arms"][1]["total"] == 5
    assert next(arm for arm in found["arms"] if arm["name"] == "Variant")["replied"] == 6


def test_nothing_is_said_before_anyone_is_at_the_horizon(experiment):
    experiment = launched(experiment, counts((5, 50), (5, 50)))

    found = results.result(experiment, at=LAUNCHED + timedelta(days=3))

    assert (found["stage"], found["verdicts"], found["analysis"]) == ("waiting", [], None)


@pytest.mark.slow
def test_a_silent_audience_has_a_verdict_at_the_end(experiment):
    experiment = launched(experiment, counts((0, 500), (0, 500)))

    (said,) = results.result(experiment, at=AFTER)["verdicts"]

    assert said["finding"] == "not_worse"


@pytest.mark.parametrize(("state", "is_early"), [(MessageState.APPROVED, True), (MessageState.REJECTED, False)])
def test_whoever_ends_it_while_mails_may_go_is_held_to_the_sequence(experiment, lead, state, is_early):
    experiment = launched(experiment, [*counts((20, 200), (12, 200)), Row(1, "cut", state=state)])

    lifecycle.end(experiment.campaign, by=lead)

    found = results.result(Experiment.objects.get(), at=AFTER)
    rests_on = "always-valid sequence" if is_early else "single look"
    assert (found["stage"], found["ended_early"], found["rests_on"]) == ("complete", is_early, rests_on)


@pytest.mark.slow
def test_a_broken_split_raises_the_alarm(experiment):
    experiment = launched(experiment, counts((20, 600), (20, 400)))

    ratio = results.result(experiment, at=AFTER)["sample_ratio"]

    assert ratio["is_alarm"]
    assert ratio["counts"] == [600, 400]


@pytest.mark.slow
def test_a_fair_split_raises_none_while_one_arm_is_only_slower(experiment):
    slow = [Row(1, f"slow{n}", sent_after=6.0) for n in range(150)]
    experiment = launched(experiment, counts((20, 200), (5, 50)) + slow)

    found = results.result(experiment, at=AFTER)

    assert not found["sample_ratio"]["is_alarm"]
    assert not any("planned shares" in warning for warning in found["analysis"]["warnings"])


@pytest.mark.slow
def test_segments_are_compared_apart_and_adjusted(experiment):
    rows = [
        Row(arm, f"{segment}{arm}x{n}", replied_after=1.0 if n < replies else None, segment=segment)
        for segment, pair in (("cold", (10, 12)), ("food", (30, 8)))
        for arm, replies in enumerate(pair)
        for n in range(100)
    ]
    experiment = launched(experiment, rows)

    (spread,) = results.result(experiment, at=AFTER)["segments"]

    cold, food = spread["lines"]
    assert (spread["arm"], spread["varies"], spread["df"]) == ("Variant", True, 1)
    assert (cold["segment"], cold["n"], cold["control_n"]) == ("cold", 100, 100)
    assert food["estimate"] == pytest.approx(-0.22)
    single = two_shares.difference(ShareSample(30, 100), ShareSample(8, 100))
    assert food["adjusted_p"] == pytest.approx(2 * single.p_value)
    assert cold["adjusted_p"] > 0.5


def test_what_machines_did_counts_for_nothing(experiment):
    experiment = launched(experiment, counts((5, 50), (5, 50)))
    silent = Message.objects.exclude(events__kind=EventKind.REPLIED)[0]
    event(silent, EventKind.REPLIED, at=LAUNCHED + timedelta(days=1), is_machine=True).save()

    found = results.result(experiment, at=AFTER)

    assert sum(arm["total"] for arm in found["analysis"]["arms"]) == 10


@pytest.mark.slow
def test_the_csv_gives_the_same_verdict_to_anyone_and_names_nobody(experiment, tmp_path):
    experiment = launched(experiment, counts((59, 1000), (51, 1000)))

    text = "".join(results.csv_of(experiment))

    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 2000
    assert "@" not in text and "example" not in text
    path, out = tmp_path / "contacts.csv", io.StringIO()
    path.write_text(text)
    call_command(
        "analyse_experiment", str(path), unit="contact", arm="arm", metric="outcome", cluster="company",
        control="Teacher", margin=0.02, stdout=out,
    )  # fmt: skip
    said = results.result(experiment, at=AFTER)["verdicts"][0]["sentence"]
    assert said in out.getvalue()


@pytest.mark.slow
def test_three_arms_are_adjusted(task, people, lead):
    campaign = two_arms(task, by=lead, names=("Teacher", "Large", "Small"))
    experiment = register.register(campaign, WISHES, by=lead)
    rows = counts((60, 1000), (55, 1000)) + [
        Row(2, f"third{n}", replied_after=1.0 if n < 30 else None) for n in range(1000)
    ]
    experiment = launched(experiment, rows)

    found = results.result(experiment, at=AFTER)

    assert [one["arm"] for one in found["verdicts"]] == ["Large", "Small"]
    small = found["analysis"]["comparisons"][1]
    assert small["adjusted_p"] == pytest.approx(2 * small["p_value"])
    assert Event.objects.count() == 145
    lines = page_data._interval_chart(experiment, found)["rows"]
    assert [(line["name"], line["n"]) for line in lines] == [("Large", 2000), ("Small", 2000)]


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("metric", ["reply", "positive_reply", "click", "unsubscribe"])
def test_the_fast_reading_is_the_plain_one(experiment, metric):
    rows = [*counts((20, 60), (12, 60)), Row(0, "late", replied_after=15.0), Row(1, "none", state=MessageState.FAILED)]
    experiment = launched(experiment, rows)
    for number, mail in enumerate(Message.objects.filter(sent_at__isnull=False)[:60]):
        kind = (EventKind.CLICKED, EventKind.UNSUBSCRIBED)[number % 2]
        event(mail, kind, at=LAUNCHED + timedelta(days=number % 20), is_machine=number % 7 == 0).save()
    campaign, counted = experiment.campaign, Metric(metric)

    plain = contact_outcomes.of_contacts(campaign, metric=counted, horizon_days=14)
    fast = enrolments.enrolled_in(campaign, counted)
    columns = enrolments.assignment_columns(experiment, fast)

    assert list(fast.ids) == [enrolments.text_of(row.enrolment_id) for row in plain]
    assert list(fast.arms) == [enrolments.text_of(row.arm_id) for row in plain]
    assert [fast.sent[pk].first_at if pk in fast.sent else None for pk in fast.ids] == [row.sent_at for row in plain]
    assert [fast.happened.get(pk) for pk in fast.ids] == [row.happened_at for row in plain]
    assert columns.outcome.tolist() == [row.outcome for row in plain]
    told = {each.arm.name: each for each in figures.arms(campaign)}
    for arm in results.result(experiment, at=AFTER)["arms"]:
        one = told[arm["name"]]
        assert (arm["assigned"], arm["clusters"], arm["sent"]) == (one.contacts, one.clusters, one.sent)
        assert all(arm[kind] == one.events.get(kind, 0) for kind in ("replied", "clicked", "unsubscribed"))
