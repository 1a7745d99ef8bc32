"""Reads the mails the catcher keeps, as a student reads an inbox."""

import re
from email import message_from_bytes, policy
from pathlib import Path

_TOKEN_LINE = re.compile(r"[A-Za-z0-9_.~-]{16,512}")


def token_for(address: str, folder: Path) -> str | None:
    """The token in the newest mail to that address: it stands alone on one line of the text part."""
    for path in sorted(folder.glob("*.eml"), reverse=True):
        mail = message_from_bytes(path.read_bytes(), policy=policy.default)
        text = mail.get_body(("plain",))
        if address not in str(mail["To"]) or text is None:
            continue
        lines = (line.strip() for line in str(text.get_content()).splitlines())
        return next((line for line in lines if _TOKEN_LINE.fullmatch(line)), None)
    return None
