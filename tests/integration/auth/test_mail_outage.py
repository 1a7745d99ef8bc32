"""The mail queue and a database that is away."""

import pytest
from integration.auth.conftest import Running

from servicekit.database import DatabaseUnavailable


async def test_a_lost_database_is_told_as_the_outage_the_queue_waits_out(running: Running) -> None:
    await running.register()
    await running.database.close()
    with pytest.raises(DatabaseUnavailable):
        await running.delivery.deliver_due()
