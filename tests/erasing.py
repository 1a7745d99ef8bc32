"""Tells a service over the real JetStream that an account is to be erased, as often as asked, and hears its receipts."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from background import at_work
from google.protobuf.message import Message

from littlemonster.auth.v1.auth_events_pb2 import UserDeleted, UserErased
from servicekit.database import Database
from servicekit.ids import new_id
from servicekit.messaging.broker import Broker
from servicekit.messaging.consumer import Consumer
from servicekit.messaging.relay import Relay

Erase = Callable[..., Awaitable[UserErased]]
_SECONDS = 60


async def deliver(broker: Broker, consumer: Consumer, subject: str, event: Message, times: int = 1) -> None:
    """Publishes an event and applies the delivered message `times` times, as after redeliveries."""
    headers = {"Nats-Msg-Id": new_id(), "ce-id": new_id()}
    jetstream = await broker.jetstream()
    async with asyncio.timeout(_SECONDS), broker.subscribe(subject) as delivered:
        await jetstream.publish(subject, event.SerializeToString(), headers=headers)
        async for message in delivered:
            if (message.headers or {}).get("ce-id") == headers["ce-id"]:
                for _ in range(times):
                    await consumer.apply(message)
                return


@asynccontextmanager
async def erasing(broker: Broker, database: Database, consumer: Consumer) -> AsyncIterator[Erase]:
    """`erase(user_id, times)` asks once, delivers that `times` times, and answers the receipt the mesh hears of it."""

    async def erase(user_id: str, times: int = 1) -> UserErased:
        async with asyncio.timeout(_SECONDS), broker.subscribe("user.erased") as receipts:
            await deliver(broker, consumer, "user.deleted", UserDeleted(user_id=user_id), times)
            async for message in receipts:
                receipt = UserErased.FromString(message.data)
                if receipt.user_id == user_id:
                    return receipt
        raise AssertionError("the subscription ended")

    async with at_work(Relay(broker, database).run()):
        yield erase
