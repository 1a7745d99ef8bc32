"""Both services must say the same, else comparing them says nothing."""

import math
from datetime import datetime
from typing import Any

import httpx

from local_mesh.errors import MeshError


async def compare(ours: str, peer: str, token: str, paths: list[str]) -> int:
    """Asks both for every path. Returns how many answers were the same; raises MeshError at the first that was not."""
    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(headers=headers, timeout=30) as client:
        for path in paths:
            one, other = await client.get(ours + path), await client.get(peer + path)
            if (one.status_code, other.status_code) != (200, 200):
                raise MeshError(
                    f"{path} answered {one.status_code} and {other.status_code}. Look into the bench's logs."
                )
            if not _same(one.json(), other.json()):
                raise MeshError(
                    f"{path} is answered differently:\n{one.text}\n{other.text}\nMake the peer follow the API."
                )
    return len(paths)


def _same(one: Any, other: Any) -> bool:
    """Equal but for how JSON may write the same time or the same absence; page tokens are everybody's own."""
    match one, other:
        case dict(), dict():
            keys = {key for key in one.keys() | other.keys() if key != "nextPageToken"}
            return all(_same(one.get(key), other.get(key)) for key in keys)
        case list(), list():
            return len(one) == len(other) and all(map(_same, one, other))
        case float() | int(), float() | int():
            return math.isclose(one, other)
        case str(), str():
            return one == other or (_time(one) is not None and _time(one) == _time(other))
    return bool(one == other)


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
