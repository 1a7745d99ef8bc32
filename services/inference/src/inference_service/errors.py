"""Every failure a caller of the inference service may meet."""

from servicekit.errors import (
    DeadlineExceeded,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    ResourceExhausted,
    Unavailable,
    Unimplemented,
)


class TopicNotSupported(FailedPrecondition):
    """The curriculum has no such topic in this subject, and no model large enough to go without is installed."""

    reason = "TOPIC_NOT_SUPPORTED"
    message = (
        "There is no lesson on '{topic}' in {subject} yet: topics outside the curriculum need a full language model, and "
        "docs/inference.md says how to install one. Until then try one of the nearest topics: {nearest}."
    )


class PromptTooLong(InvalidArgument):
    """Prompt and answer do not fit the model's context together."""

    reason = "PROMPT_TOO_LONG"
    message = (
        "The prompt has {prompt_tokens} tokens and {max_tokens} were asked for, but the model holds {context} in all. "
        "Shorten the prompt or lower maxTokens."
    )


class PromptHasNul(InvalidArgument):
    """A NUL character would cut the prompt short without a word."""

    reason = "PROMPT_HAS_NUL"
    message = "The prompt contains a NUL character, which no model can read. Remove it and send the prompt again."


class SchemaNotSupported(Unimplemented):
    """Answers that follow a JSON schema are not part of this release."""

    reason = "SCHEMA_NOT_SUPPORTED"
    message = "This release cannot make an answer follow a JSON schema. Leave out 'schema' and read the answer as text."


class ModelNotFound(NotFound):
    """The registry has no model of that name, or it is not the one that is loaded."""

    reason = "MODEL_NOT_FOUND"
    message = "No model called '{model}' is loaded. Leave the name empty, or pick one from GET /v1/inference/models."


class ModelUnavailable(Unavailable):
    """The model's process is starting, restarting, or cannot load its file."""

    reason = "MODEL_UNAVAILABLE"
    message = "The model '{model}' is not ready: {why}. Try again in a moment."


class EngineCrashed(Unavailable):
    """The model's process ended while it worked on this request; it is being started anew."""

    reason = "ENGINE_CRASHED"
    message = (
        "The model '{model}' stopped while it was writing ({exit}). It is being restarted; send the request again."
    )


class EngineTimeout(DeadlineExceeded):
    """The model gave no sign of life for too long; its process was ended and is being started anew."""

    reason = "ENGINE_TIMEOUT"
    message = (
        "The model '{model}' wrote nothing for {seconds} seconds and is being restarted. Send the request again, "
        "or ask for less text."
    )


class EngineBusy(ResourceExhausted):
    """As many requests wait for the model as it may have waiting."""

    reason = "ENGINE_BUSY"
    message = "{waiting} requests are already waiting for the model '{model}'. Try again in a few seconds."
