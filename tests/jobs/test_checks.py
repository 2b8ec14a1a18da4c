"""Settings that cannot work are said at start."""

from jobs.system_checks import lease_outlasts_heartbeats


def test_a_lease_shorter_than_three_heartbeats_is_an_error(settings):
    settings.JOB_LEASE_S, settings.JOB_HEARTBEAT_S = 20, 10

    errors = lease_outlasts_heartbeats()

    assert [error.id for error in errors] == ["jobs.E001"]
    assert "JOB_LEASE_S is 20" in errors[0].msg


def test_the_settings_as_they_are_can_work():
    assert lease_outlasts_heartbeats() == []
