"""The measurement works and ranks rightly. What the times tell, no test says."""

from collections.abc import Callable

import pytest
from conftest import Backing

from local_mesh.servers.databases import DatabaseUrls
from tests.performance import enumeration


async def test_each_hash_and_call_is_measured(make_database: Callable[[str], DatabaseUrls], backing: Backing) -> None:
    urls = make_database("auth")
    lines = [line async for line in enumeration.compared(urls.app, backing.redis_url, 2)]
    calls = ["register", "login", "password/forgot", "resend-verification"]
    assert [line.split()[-5] for line in lines] == calls * 2
    assert all(0 <= float(line.split()[-1]) <= 1 for line in lines)


@pytest.mark.parametrize(
    ("longer", "shorter", "expected"),
    [([3, 4], [1, 2], 1), ([1, 2], [3, 4], 0), ([1, 4], [2, 3], 0.5), ([1, 1], [1, 1], 0.5), ([1, 2], [1], 0.75)],
)
def test_the_rank_test_says_how_often_the_first_took_longer(
    longer: list[float], shorter: list[float], expected: float
) -> None:
    assert enumeration.auc(longer, shorter) == expected
