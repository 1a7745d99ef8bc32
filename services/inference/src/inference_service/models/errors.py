"""What can go wrong when models are fetched or checked."""


class ModelCommandError(Exception):
    """A sentence for the operator that ends with what to do."""

    message = ""

    def __init__(self, **values: str) -> None:
        super().__init__(self.message.format(**values))


class DiskFull(ModelCommandError):
    message = "{folder} needs {needed} MiB and has {free} MiB free. Make room, or set LM_MODELS_DIR to another disk."


class DownloadFailed(ModelCommandError):
    message = (
        "{url} could not be fetched: {problem}. What came is kept: run the command again later to go on from there."
    )


class ChecksumWrong(ModelCommandError):
    message = (
        "{file} has the SHA-256 {found} instead of {wanted}: it was damaged on the way or is another file. It was "
        "deleted; pull it again, and if that does not help, do not use this source."
    )


class NotVerified(ModelCommandError):
    message = "'{model}' is not what it should be: {why}. Remove it with `lm models rm {model}` and pull it again."


class NothingToDo(ModelCommandError):
    message = "'{model}' {why}."
