from __future__ import annotations

from pathlib import Path

from jobs.rundir import heard


def test_without_a_supervisor_that_answers_nobody_is_waited_for(tmp_path: Path) -> None:
    assert heard.heard(tmp_path) is None
    assert not heard.is_waited_for(tmp_path)


def test_an_engine_waits_from_its_asking_until_it_is_told(tmp_path: Path) -> None:
    heard.tell(tmp_path, 0)
    heard.ask(tmp_path, 5)

    waited = [heard.is_waited_for(tmp_path)]
    heard.tell(tmp_path, 4)
    waited.append(heard.is_waited_for(tmp_path))
    heard.tell(tmp_path, 9)
    waited.append(heard.is_waited_for(tmp_path))

    assert waited == [True, True, False]


def test_what_was_told_stays_told_when_events_are_read_again_from_their_beginning(tmp_path: Path) -> None:
    heard.tell(tmp_path, 9)

    heard.tell(tmp_path, 3)

    assert heard.heard(tmp_path) == 9
