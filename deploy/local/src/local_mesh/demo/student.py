"""A person with an account: registered, verified by mail, logged in."""

import secrets
from pathlib import Path

from local_mesh.demo.client import Gateway, eventually
from local_mesh.demo.mailbox import token_for

MAIL_SECONDS = 60


class StepFailed(Exception):
    """What was promised did not happen; `log` names the process that knows more."""

    def __init__(self, why: str, log: str) -> None:
        super().__init__(why)
        self.log = log


def expect(truth: object, otherwise: str, *, log: str) -> None:
    """Raises StepFailed unless it holds."""
    if not truth:
        raise StepFailed(otherwise, log)


class Student:
    """One account of its own at the gateway; `mail` is where the mesh keeps the mails it caught."""

    def __init__(self, name: str, gateway_url: str, mail: Path) -> None:
        self.gateway = Gateway(gateway_url)
        self.email = f"{name.lower()}-{secrets.token_hex(6)}@school.example"
        self._name = name
        self._mail = mail
        self._password = secrets.token_urlsafe(18)

    async def register(self) -> None:
        """Make the account."""
        body = {"email": self.email, "password": self._password, "displayName": self._name}
        await self.gateway.call("POST", "/v1/auth/register", body)

    async def verify(self) -> None:
        """Prove the address with the token from the mail."""

        async def arrived() -> str | None:
            return token_for(self.email, self._mail)

        token = await eventually(arrived, MAIL_SECONDS)
        expect(token, f"No verification mail to {self.email} came to {self._mail}.", log="auth-worker")
        await self.gateway.call("POST", "/v1/auth/verify-email", {"token": token})

    async def log_in(self) -> str:
        """Get an access token, which later calls send; the account's id."""
        credentials = {"email": self.email, "password": self._password}
        tokens = await self.gateway.call("POST", "/v1/auth/login", credentials)
        expect(tokens.get("accessToken"), "The login gave no access token.", log="auth")
        self.gateway.token = tokens["accessToken"]
        me = await self.gateway.call("GET", "/v1/users/me")
        expect(me["email"] == self.email, f"The access token belongs to {me['email']}.", log="auth")
        return str(me["id"])
