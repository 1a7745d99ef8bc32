"""A relay in a process of its own, which a test may kill. Told by LM_DATABASE_URL and LM_NATS_URL."""

import asyncio
import os

from servicekit.database import Database
from servicekit.messaging.broker import Broker
from servicekit.messaging.relay import Relay


async def main() -> None:
    database = Database(os.environ["LM_DATABASE_URL"], name="relay")
    broker = Broker(os.environ["LM_NATS_URL"], name="relay")
    await broker.connect()
    await Relay(broker, database).run()


if __name__ == "__main__":
    asyncio.run(main())
