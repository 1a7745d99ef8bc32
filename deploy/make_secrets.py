"""Makes every secret of a new deployment in a folder: passwords, addresses that hold them, and Ed25519 keys.

`.venv/bin/python deploy/make_secrets.py FOLDER`; what exists stays, so that running it again adds only what is missing.
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
from local_mesh.servers.databases import SERVICES

# Who the containers run as where a person without an account on the machine, such as root, makes the secrets.
IMAGE_USER = 10001


def addresses(credentials: Credentials) -> Mapping[str, Mapping[str, str]]:
    """The variables that hold a secret, by the process that gets them."""

    def database(role: str, name: str) -> str:
        return f"postgresql://{role}:{quote(credentials.password(role))}@postgres:5432/{name}"

    nats = f"nats://mesh:{credentials.password('nats')}@nats:4222"
    redis = f"redis://:{credentials.password('redis')}@redis:6379/0"
    files: dict[str, dict[str, str]] = {
        "postgres": {"POSTGRES_PASSWORD": credentials.password("postgres")},
        "nats": {"NATS_PASSWORD": credentials.password("nats")},
        "auth-worker": {"LM_SMTP_URL": "smtp://mail:1025"},
        "inference": {"LM_NATS_URL": nats},
        "backup": {"PGHOST": "postgres", "PGUSER": "backup", "PGPASSWORD": credentials.password("backup")},
    }
    for service in SERVICES:
        files[service] = {"LM_DATABASE_URL": database(service, service), "LM_NATS_URL": nats}
        files[f"{service}-owner"] = {"LM_MIGRATION_DATABASE_URL": database(f"{service}_owner", service)}
    files["auth"]["LM_REDIS_URL"] = redis
    return files


def make(folder: Path) -> None:
    """Write what is missing; files are readable by their owner alone."""
    credentials = Credentials(folder / "roles")
    files = Credentials(folder)
    for name, variables in addresses(credentials).items():
        files.write(f"{name}.env", "\n".join(f"{variable}={value}" for variable, value in variables.items()))
    files.write(
        "redis.conf", f"requirepass {credentials.password('redis')}\nappendonly yes\nmaxmemory-policy allkeys-lru"
    )
    make_keys(folder / "keys", API_SERVICES)


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
