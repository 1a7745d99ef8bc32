"""Events that were given up, for operators: `python -m servicekit.messaging.command list | show N | replay N | replay all`."""

import argparse
import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.json_format import MessageToJson
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from servicekit.messaging.broker import connect_once, ensure_streams
from servicekit.messaging.dead_letters import DeadLetter, dead_letters, letter_with_payload, replay


async def run(url: str, options: argparse.Namespace) -> int:
    """Does what was asked at the NATS server `url`. Returns the exit code."""
    try:
        async with _jetstream(url) as jetstream:
            if options.action == "list":
                return await _list(jetstream)
            if options.action == "show":
                return await _show(jetstream, options.sequence)
            return await _replay(jetstream, options.sequence)
    except NotFoundError:
        print(f"There is no dead letter {options.sequence}. 'list' shows those there are.", file=sys.stderr)
    except (NatsError, OSError, TimeoutError) as error:
        print(f"NATS does not answer ({error!r}). Is the mesh running?", file=sys.stderr)
    return 1


@asynccontextmanager
async def _jetstream(url: str) -> AsyncIterator[JetStreamContext]:
    client = await connect_once(url, name="dead-letters")
    try:
        jetstream = client.jetstream()
        await ensure_streams(jetstream)
        yield jetstream
    finally:
        await client.close()


async def _list(jetstream: JetStreamContext) -> int:
    letters = [letter async for letter in dead_letters(jetstream)]
    for letter in letters:
        print(_line(letter))
    print(f"{len(letters)} dead {'letter' if len(letters) == 1 else 'letters'}")
    return 0


def _line(letter: DeadLetter) -> str:
    return f"{letter.sequence:>6}  {letter.consumer:<12} {letter.subject:<24} {letter.event_id}  {letter.reason}"


async def _show(jetstream: JetStreamContext, sequence: int) -> int:
    letter, headers, payload = await letter_with_payload(jetstream, sequence)
    print(_line(letter))
    for name, value in sorted(headers.items()):
        print(f"{name}: {value}")
    print(_readable(headers.get("ce-type", ""), payload))
    return 0


def _readable(kind: str, payload: bytes) -> str:
    """The event as JSON where its contract is known and it can be decoded; else its bytes in hexadecimal."""
    try:
        message = message_factory.GetMessageClass(descriptor_pool.Default().FindMessageTypeByName(kind))
        return MessageToJson(message.FromString(payload))
    except Exception:  # whatever made it a dead letter must not keep an operator from seeing it
        return payload.hex()


async def _replay(jetstream: JetStreamContext, wanted: str) -> int:
    sequences = [letter.sequence async for letter in dead_letters(jetstream)] if wanted == "all" else [int(wanted)]
    for sequence in sequences:
        print(f"replayed {_line(await replay(jetstream, sequence))}")
    if not sequences:
        print("There is no dead letter.")
    return 0


def parse(arguments: list[str], program: str) -> argparse.Namespace:
    """What was asked for. Exits 2 with the usage when it cannot be read."""
    parser = argparse.ArgumentParser(prog=program, description="Events that their consumers gave up.")
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="every one, the oldest first")
    show = actions.add_parser("show", help="one whole: why it was given up and what it says")
    show.add_argument("sequence", type=_sequence, help="its number in the list")
    again = actions.add_parser("replay", help="give one, or all of them, to its consumer again")
    again.add_argument("sequence", type=_one_or_all, help="its number in the list, or 'all'")
    return parser.parse_args(arguments)


def _sequence(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,17}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 'list'")
    return int(text)


def _one_or_all(text: str) -> str:
    return text if text == "all" else str(_sequence(text))


def main() -> None:
    options = parse(sys.argv[1:], "python -m servicekit.messaging.command")
    url = os.environ.get("LM_NATS_URL")
    if not url:
        sys.exit("Set LM_NATS_URL to the address of NATS.")
    sys.exit(asyncio.run(run(url, options)))


if __name__ == "__main__":
    main()
