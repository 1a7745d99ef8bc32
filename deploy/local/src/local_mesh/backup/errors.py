"""Why a backup cannot be made, trusted or put back; every message ends with what to do."""

from local_mesh.errors import MeshError


class NothingToBackUp(MeshError):
    """The state folder holds no mesh."""

    def __init__(self, home: object) -> None:
        super().__init__(f"No mesh has ever run on {home}. Set LM_HOME to the state folder of yours.")


class BackupRuns(MeshError):
    """Another backup of this mesh is being made."""

    def __init__(self, home: object) -> None:
        super().__init__(f"A backup of {home} is being made already. Wait until it ends, then try again.")


class RowsHidden(MeshError):
    """The role would leave out rows that row-level security hides from it."""

    def __init__(self, role: str) -> None:
        super().__init__(
            f"The role {role} of LM_POSTGRES_URL is subject to row-level security and would leave rows out of the backup. "
            f'As a superuser run: ALTER ROLE "{role}" BYPASSRLS, then try again.'
        )


class DatabasesBusy(MeshError):
    """Writers held their transactions open for too long."""

    def __init__(self) -> None:
        super().__init__(
            "The databases were too busy to be held still for a moment. Try again when there is less to do."
        )


class ToolFailed(MeshError):
    """pg_dump or pg_restore ended with an error."""

    def __init__(self, tool: str, database: str, said: str) -> None:
        super().__init__(f"{tool} failed on {database}: {said}. Mend that, then run the command again.")


class NotWritten(MeshError):
    """The disk is full, or the folder is not ours to write to."""

    def __init__(self, folder: object, why: str) -> None:
        super().__init__(
            f"The archive cannot be written to {folder} ({why}). Free some space there, or choose a folder by --to."
        )


class Damaged(MeshError):
    """The archive is not what was written."""

    def __init__(self, archive: object, why: str) -> None:
        super().__init__(f"{archive} is damaged: {why}. Nothing was changed; take another backup (`lm backup list`).")


class TooNew(MeshError):
    """The archive is of a version that this one knows nothing about."""

    def __init__(self, archive: object, version: str, why: str) -> None:
        super().__init__(
            f"{archive} was made by version {version}, which is newer than this one ({why}). Install that version first."
        )


class MeshRuns(MeshError):
    """Nothing is put back under a running mesh."""

    def __init__(self, home: object) -> None:
        super().__init__(
            f"A mesh runs on {home}. Stop it with Ctrl-C there, or set LM_HOME to another folder, then restore."
        )


class NotEmpty(MeshError):
    """There is something that would be replaced."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} would be replaced. Set LM_HOME to an empty folder, or add --force: what is there is moved aside."
        )


class NotUnpacked(MeshError):
    """The disk is full, or the state folder is not ours to write to."""

    def __init__(self, folder: object, why: str) -> None:
        super().__init__(
            f"The archive cannot be unpacked to {folder} ({why}). Nothing was replaced. Free some space there, then retry."
        )


class NoArchive(MeshError):
    """There is no such file."""

    def __init__(self, archive: object) -> None:
        super().__init__(f"There is no archive {archive}. `lm backup list` shows those there are.")
