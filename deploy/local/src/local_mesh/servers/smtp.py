"""A mail catcher: an SMTP server that keeps every mail as a file instead of sending it."""

import argparse
import asyncio
import os
import secrets
import signal
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from local_mesh.environment import child_environment
from local_mesh.ports import LOOPBACK
from local_mesh.process import Process
from local_mesh.readiness import tcp

_LARGEST_MAIL_BYTES = 10 * 1024**2


class MailFolder:
    """Writes each mail whole or not at all, under a name that sorts by its time of arrival (UTC)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """aiosmtpd's hook: the answer to the client. A full disk is said, so that the sender keeps the mail."""
        content = envelope.content or b""
        try:
            self.keep(content if isinstance(content, bytes) else content.encode())
        except OSError as error:
            return f"452 4.3.1 The mail could not be kept ({error.strerror}); try again later"
        return "250 2.0.0 Kept"

    def keep(self, content: bytes) -> Path:
        """Save one mail; the file appears only once it is complete."""
        path = self._folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(4)}.eml"
        partial = path.with_suffix(".partial")
        try:
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            partial.rename(path)
        except OSError:
            partial.unlink(missing_ok=True)
            raise
        return path


@dataclass(frozen=True, slots=True)
class MailCatcher:
    """The catcher as a process of the mesh."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        """Where services send mail."""
        return f"smtp://{LOOPBACK}:{self.port}"

    def process(self) -> Process:
        """How to run it."""
        options = ("--port", str(self.port), "--folder", str(self.folder))
        return Process(
            name="smtp",
            command=(sys.executable, "-m", "local_mesh.servers.smtp", *options),
            environment=child_environment(),
            ready=tcp(LOOPBACK, self.port),
        )


async def serve(port: int, folder: Path) -> None:
    """Catch mail until SIGTERM."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    mails = MailFolder(folder)
    server = await loop.create_server(
        lambda: SMTP(mails, loop=loop, hostname="localhost", data_size_limit=_LARGEST_MAIL_BYTES, enable_SMTPUTF8=True),
        LOOPBACK,
        port,
    )
    async with server:
        await stop.wait()


def main() -> None:
    """The process's entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args()
    options.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    asyncio.run(serve(options.port, options.folder))


if __name__ == "__main__":
    main()
