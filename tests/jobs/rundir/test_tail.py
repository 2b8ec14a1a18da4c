"""Reading an engine's events while it writes them."""

from jobs.contracts import EngineEvent
from jobs.rundir.lines import encode
from jobs.rundir.tail import READ_BYTES, BadLine, EventTail


def line(seq: int, **payload) -> bytes:
    return encode(EngineEvent(seq=seq, ts=1.0, kind="metric", payload=payload))


def test_a_torn_last_line_is_left_until_it_is_whole(tmp_path):
    whole, torn = line(1), line(2, text="grüße")
    events = tmp_path / "events.jsonl"
    events.write_bytes(whole + torn[:-4])
    tail = EventTail(tmp_path)

    first = tail.read()
    with events.open("ab") as file:
        file.write(torn[-4:])
    second = tail.read()

    assert [item.seq for item in first] == [1]
    assert [item.payload for item in second] == [{"text": "grüße"}]
    assert tail.read() == []


def test_a_line_that_is_no_event_is_named_and_the_next_is_read(tmp_path):
    (tmp_path / "events.jsonl").write_bytes(
        line(1) + b"{oops\n" + b'{"seq":0,"ts":1,"kind":"x"}\n' + b"\xff\xfe\n" + line(2)
    )

    items = EventTail(tmp_path).read()

    assert [type(item) for item in items] == [EngineEvent, BadLine, BadLine, BadLine, EngineEvent]
    assert items[1].number == 2
    assert "not JSON" in items[1].reason
    assert "seq" in items[2].reason


def test_an_endless_line_is_passed_over_in_flat_memory(tmp_path):
    (tmp_path / "events.jsonl").write_bytes(b"x" * (READ_BYTES + 10) + b"\n" + line(1))
    tail = EventTail(tmp_path)

    items = tail.read() + tail.read()

    assert isinstance(items[0], BadLine)
    assert items[-1].seq == 1


def test_no_file_yet_is_no_event(tmp_path):
    assert EventTail(tmp_path).read() == []
