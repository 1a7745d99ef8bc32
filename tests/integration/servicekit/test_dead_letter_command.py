"""The operators' command over events that were given up."""

import pytest

from littlemonster.auth.v1.auth_events_pb2 import UserRegistered
from servicekit.ids import new_id
from servicekit.messaging import command
from servicekit.messaging.broker import Broker
from servicekit.messaging.dead_letters import dead_letters, park


@pytest.fixture
async def parked(own_nats: str) -> tuple[str, int, str]:
    """The NATS url, and the sequence and user of a registration that some consumer gave up."""
    broker, user_id = Broker(own_nats, name="test"), new_id()
    await broker.connect()
    jetstream = await broker.jetstream()
    subscription = await jetstream.pull_subscribe("user.registered", durable="library", stream="EVENTS")
    event = UserRegistered(user_id=user_id, display_name="Ada")
    headers = {"ce-id": new_id(), "ce-type": UserRegistered.DESCRIPTOR.full_name}
    await jetstream.publish("user.registered", event.SerializeToString(), headers=headers)
    (message,) = await subscription.fetch(1, timeout=60)
    await park(jetstream, message, consumer="library", reason="no room\nleft")
    (letter,) = [letter async for letter in dead_letters(jetstream)]
    await broker.close()
    return own_nats, letter.sequence, user_id


async def _run(url: str, *arguments: str) -> int:
    return await command.run(url, command.parse(list(arguments), "dead"))


async def test_the_list_has_one_line_an_event_with_its_reason(parked, capsys) -> None:
    url, sequence, _ = parked
    assert await _run(url, "list") == 0
    line, total = capsys.readouterr().out.splitlines()
    assert line.split()[0] == str(sequence)
    assert line.endswith("no room left")
    assert total == "1 dead letter"


async def test_an_event_is_shown_as_its_contract_reads(parked, capsys) -> None:
    url, sequence, user_id = parked
    assert await _run(url, "show", str(sequence)) == 0
    assert f'"userId": "{user_id}"' in capsys.readouterr().out


async def test_a_replayed_event_is_no_longer_in_the_list(parked, capsys) -> None:
    url, sequence, _ = parked
    assert await _run(url, "replay", str(sequence)) == 0
    assert await _run(url, "show", str(sequence)) == 1
    assert "There is no dead letter" in capsys.readouterr().err


async def test_all_are_replayed_and_it_is_said_when_there_is_none(parked, capsys) -> None:
    url, sequence, _ = parked
    assert await _run(url, "replay", "all") == 0
    assert capsys.readouterr().out.split()[:2] == ["replayed", str(sequence)]
    assert await _run(url, "replay", "all") == 0
    assert capsys.readouterr().out == "There is no dead letter.\n"


async def test_a_number_that_is_not_there_is_said_to_be_so(parked, capsys) -> None:
    assert await _run(parked[0], "show", "999999999") == 1
    assert "There is no dead letter" in capsys.readouterr().err


@pytest.mark.parametrize("wanted", ["everything", "0", "-1", "1.5", "²", "9" * 19])
def test_what_is_no_number_is_explained(capsys, wanted: str) -> None:
    for action in ("show", "replay"):
        with pytest.raises(SystemExit) as refused:
            command.parse([action, "--", wanted], "dead")
        assert refused.value.code == 2
        assert "is no number from 'list'" in capsys.readouterr().err


async def test_without_nats_the_command_says_so(capsys) -> None:
    assert await _run("nats://127.0.0.1:1", "list") == 1
    assert "NATS does not answer" in capsys.readouterr().err
