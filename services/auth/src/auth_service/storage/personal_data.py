"""All auth holds of a person, to hand out and to erase. Secrets, and what they are compared with, are never handed out."""

from sqlalchemy import BindParameter, bindparam, delete

from auth_service.tables import METADATA
from servicekit.database import Transaction, compile_command
from servicekit.personal_data.records import records

EVERYTHING = (
    records(METADATA.tables["users"], "id", without=("password_hash", "registration_request_id")),
    records(METADATA.tables["preferences"], "user_id"),
    records(METADATA.tables["sessions"], "user_id", without=("successor_salt", "generation")),
    records(METADATA.tables["mails"], "user_id"),
    records(METADATA.tables["email_changes"], "user_id"),
    records(METADATA.tables["totp"], "user_id", without=("sealed_secret", "last_step")),
    records(METADATA.tables["activities"], "user_id"),
    records(METADATA.tables["exports"], "user_id", without=("secret",)),
    records(METADATA.tables["audit_events"], "actor_id"),
)
_USERS = METADATA.tables["users"]
_NAMES = (
    *("mails", "mailed_tokens", "email_changes", "mfa_challenges", "recovery_codes", "totp"),
    *("refresh_tokens", "sessions", "preferences", "activities", "export_pieces", "exports"),
)
_owned = [METADATA.tables[name] for name in _NAMES]
_person: BindParameter[str] = bindparam("user_id")
_ERASE = [
    *(compile_command(delete(table).where(table.c.user_id == _person)) for table in _owned),
    compile_command(delete(_USERS).where(_USERS.c.id == _person)),
]


async def erase(transaction: Transaction, user_id: str) -> int:
    """Deletes every row of the account but its erasure. Returns how many."""
    return sum([await transaction.execute(statement, user_id=user_id) for statement in _ERASE])
