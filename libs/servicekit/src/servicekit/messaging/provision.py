"""Makes what is in NATS before services come: streams, the bucket of ended sessions, consumers with their subjects.

`LM_NATS_URL=… python -m servicekit.messaging.provision FILE`, as the operator: where services have users of their own these
may use what is there and make nothing. FILE is a JSON object: the subjects of each durable consumer. Again changes nothing.
"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from servicekit.identity.revocation import bucket
from servicekit.messaging.broker import Broker
from servicekit.messaging.consumer import ensure_consumer


async def provision(url: str, consumers: Mapping[str, Iterable[str]]) -> None:
    """Makes what is missing and changes what is otherwise, waiting for NATS as long as it takes."""
    broker = Broker(url, name="provision")
    try:
        await broker.connect()
        jetstream = await broker.jetstream()
        await bucket(jetstream)
        for durable, subjects in consumers.items():
            await ensure_consumer(jetstream, durable, subjects)
    finally:
        await broker.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("consumers", type=Path, help="JSON: the subjects of each durable consumer")
    consumers: dict[str, list[str]] = json.loads(parser.parse_args().consumers.read_text())
    if not (url := os.environ.get("LM_NATS_URL")):
        sys.exit("Set LM_NATS_URL to the address of NATS, with its operator's password.")
    asyncio.run(provision(url, consumers))
    print(f"{len(consumers)} consumers are in NATS")


if __name__ == "__main__":
    main()
