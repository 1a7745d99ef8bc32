"""Makes every secret of a new deployment in a folder: passwords, addresses that hold them, and Ed25519 keys.

`.venv/bin/python deploy/make_secrets.py FOLDER`; what exists stays, so that running it again adds only what is missing, and
brings the servers' own files up to date.
The layout is what compose.yaml and the dev overlay read: one .env file a process, keys/, roles/ and the servers' own files.
"""

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from local_mesh.addresses import API_SERVICES
from local_mesh.credentials import Credentials
from local_mesh.keys import make_keys
from local_mesh.servers import nats, redis
from local_mesh.servers.databases import SERVICES
from local_mesh.servers.nats import write_private

# Who the containers run as where a person without an account on the machine, such as root, makes the secrets.
IMAGE_USER = 10001
NATS, REDIS = "nats:4222", "redis:6379"


def addresses(credentials: Credentials) -> Mapping[str, Mapping[str, str]]:
    """The variables that hold a secret, by the process that gets them."""

    def database(role: str, name: str) -> str:
        return f"postgresql://{role}:{quote(credentials.password(role))}@postgres:5432/{name}"

    files: dict[str, dict[str, str]] = {
        "postgres": {"POSTGRES_PASSWORD": credentials.password("postgres")},
        "nats-operator": {"LM_NATS_URL": nats.url(nats.OPERATOR, NATS, credentials)},
        "auth-worker": {"LM_SMTP_URL": "smtp://mail:1025"},
        "inference": {"LM_NATS_URL": nats.url("inference", NATS, credentials)},
        "backup": {"PGHOST": "postgres", "PGUSER": "backup", "PGPASSWORD": credentials.password("backup")},
    }
    for service in SERVICES:
        files[service] = {
            "LM_DATABASE_URL": database(service, service),
            "LM_NATS_URL": nats.url(service, NATS, credentials),
        }
        files[f"{service}-owner"] = {"LM_MIGRATION_DATABASE_URL": database(f"{service}_owner", service)}
    files["auth"]["LM_REDIS_URL"] = redis.url("auth", REDIS, credentials)
    return files


def make(folder: Path) -> None:
    """Write what is missing; files are readable by their owner alone."""
    credentials = Credentials(folder / "roles")
    files = Credentials(folder)
    for name, variables in addresses(credentials).items():
        path = files.write(f"{name}.env", "\n".join(f"{variable}={value}" for variable, value in variables.items()))
        _replace_common_users(path, credentials, variables)
    write_private(folder / "nats.conf", nats.as_text(nats_configuration(credentials)) + "\n")
    write_private(folder / "redis.conf", "\n".join((*redis.configuration(credentials), "appendonly yes")) + "\n")
    make_keys(folder / "keys", API_SERVICES)


def nats_configuration(credentials: Credentials) -> Mapping[str, object]:
    """NATS in a container: open to the network it is in, its monitoring page to itself alone."""
    return nats.configuration(credentials, Path("/data")) | {"port": 4222, "http": "127.0.0.1:8222"}


def _replace_common_users(path: Path, credentials: Credentials, variables: Mapping[str, str]) -> None:
    """Addresses made when all services were one user, which exists no more; an operator's own address stays."""
    former = {
        "LM_NATS_URL": f"nats://mesh:{credentials.password('nats')}@{NATS}",
        "LM_REDIS_URL": f"redis://:{credentials.password('redis')}@{REDIS}/0",
    }
    text = path.read_text()
    for name in former.keys() & variables.keys():
        text = text.replace(f"{name}={former[name]}\n", f"{name}={variables[name]}\n")
    if text != path.read_text():
        write_private(path, text)


def tell_compose(folder: Path, user: int) -> None:
    """Where the secrets are and whose they are, into compose.env; what an operator has added there stays."""
    file = folder / "compose.env"
    own = {"LM_SECRETS": str(folder.resolve()), "LM_USER": f"{user}:{user}"}
    before = file.read_text().splitlines() if file.exists() else []
    others = [line for line in before if line.partition("=")[0].strip() not in own]
    file.write_text("".join(f"{line}\n" for line in (*(f"{name}={value}" for name, value in own.items()), *others)))


def main() -> None:
    """Make them, and tell compose who owns them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    make(folder)
    (folder / "media").mkdir(mode=0o755, exist_ok=True)
    user = os.getuid() or IMAGE_USER
    if os.getuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, user, user)
    tell_compose(folder, user)
    print(f"Everything is in {folder}. Keep it out of version control, and in your backups.")


if __name__ == "__main__":
    main()
