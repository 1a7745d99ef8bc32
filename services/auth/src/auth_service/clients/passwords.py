"""Argon2id (RFC 9106) in a few threads of its own, so that hashing never holds up the event loop."""

import asyncio
import base64
import unicodedata
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from threading import BoundedSemaphore
from typing import ParamSpec, TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import VerifyMismatchError

from auth_service.clients.guessing import is_guessable
from auth_service.errors import PasswordChecksBusy

P = ParamSpec("P")
T = TypeVar("T")

_RETRY_AFTER = timedelta(seconds=2)
_QUEUE_PER_THREAD = 8


@dataclass(frozen=True, slots=True)
class Cost:
    """What one hash takes: passes over the memory, and the memory in KiB. The default is RFC 9106's second choice."""

    passes: int = 3
    memory_kib: int = 64 * 1024


class _Workers:
    """At most `threads` calls run at once and eight times as many wait."""

    def __init__(self, threads: int, name: str) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self.places = BoundedSemaphore(threads * (1 + _QUEUE_PER_THREAD))

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `work` answers. Raises PasswordChecksBusy."""
        if not self.places.acquire(blocking=False):
            raise PasswordChecksBusy(retry_after=_RETRY_AFTER)
        future = self._threads.submit(work, *args, **kwargs)
        # When the thread is done, not when the caller is: a caller who hangs up must not free a place still in use.
        future.add_done_callback(lambda _: self.places.release())
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Lets running calls end; waiting ones are dropped."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class Argon2Passwords:
    """See ports.Passwords. `threads` choose passwords and as many check them, so that no registrations hold up sign-ins."""

    def __init__(self, *, threads: int, cost: Cost | None = None) -> None:
        cost = cost or Cost()
        self._hasher = PasswordHasher(cost.passes, cost.memory_kib, parallelism=1, type=Type.ID)
        self._choosing = _Workers(threads, "password-choice")
        self._checking = _Workers(threads, "password-check")
        # Compared against when there is no account, so that a stranger's sign-in takes as long as a friend's.
        self._nobody = self._hasher.hash("")

    async def hash(self, password: str, like: str | None = None) -> str:
        """The PHC text."""
        return await self._choosing.run(self._hasher.hash, _normalised(password), salt=_salt(like))

    async def again(self, password: str, like: str | None) -> str:
        """In the threads that check, so that no registrations hold it up."""
        return await self._checking.run(self._hasher.hash, _normalised(password), salt=_salt(like))

    async def matches(self, password: str, stored: str | None) -> bool:
        """The comparison is constant in time; without a hash the work is done all the same."""
        same = await self._checking.run(self._verify, stored or self._nobody, _normalised(password))
        return same and stored is not None

    async def guessable(self, password: str, own_words: Sequence[str]) -> bool:
        """In a thread: a long password takes zxcvbn many milliseconds."""
        return await self._choosing.run(is_guessable, password, own_words)

    def needs_rehash(self, stored: str) -> bool:
        """By the parameters in the PHC text."""
        return self._hasher.check_needs_rehash(stored)

    async def close(self) -> None:
        """Lets running hashes end; waiting ones are dropped."""
        self._choosing.close()
        self._checking.close()

    def _verify(self, stored: str, password: bytes) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except VerifyMismatchError:
            return False


def _salt(phc: str | None) -> bytes | None:
    """$argon2id$v=…$m=…,t=…,p=…$salt$hash, the salt in base64 without its padding; None for a random one."""
    return base64.b64decode(f"{phc.split('$')[4]}==") if phc else None


def _normalised(password: str) -> bytes:
    """One spelling of accented letters (NIST SP 800-63B): keyboards differ in how they compose them."""
    return unicodedata.normalize("NFC", password).encode()
