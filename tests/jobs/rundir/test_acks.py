from __future__ import annotations

from pathlib import Path

from jobs.rundir import acks


def test_without_a_supervisor_that_answers_nobody_is_waited_for(tmp_path: Path) -> None:
    assert acks.acked_seq(tmp_path) is None
    assert not acks.is_ack_requested(tmp_path)


def test_an_engine_waits_from_its_asking_until_it_is_told(tmp_path: Path) -> None:
    acks.acknowledge(tmp_path, 0)
    acks.request_ack(tmp_path, 5)

    waited = [acks.is_ack_requested(tmp_path)]
    acks.acknowledge(tmp_path, 4)
    waited.append(acks.is_ack_requested(tmp_path))
    acks.acknowledge(tmp_path, 9)
    waited.append(acks.is_ack_requested(tmp_path))

    assert waited == [True, True, False]


def test_what_was_told_stays_told_when_events_are_read_again_from_their_beginning(tmp_path: Path) -> None:
    acks.acknowledge(tmp_path, 9)

    acks.acknowledge(tmp_path, 3)

    assert acks.acked_seq(tmp_path) == 9
