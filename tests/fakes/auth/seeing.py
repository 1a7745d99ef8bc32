"""Who may see whose rows, as row-level security decides."""

from servicekit.caller import Role, caller_or_none


def may_see(owner: str) -> bool:
    caller = caller_or_none()
    return caller is not None and (caller.role is Role.SERVICE or caller.id == owner)
