"""Every failure a caller of the inference service may meet."""

from servicekit.errors import (
    DeadlineExceeded,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    ResourceExhausted,
    Unavailable,
)


class TopicNotSupported(FailedPrecondition):
    """The curriculum has no such topic in this subject, and no model teaches what it does not have."""

    reason = "TOPIC_NOT_SUPPORTED"
    message = (
        "There is no lesson on '{topic}' in {subject} yet: lessons come from a checked curriculum, beyond which the built-in "
        "model knows nothing. docs/inference.md says how to add a topic, and how to install a full language model and what "
        "that changes. Until then try one of the nearest topics: {suggestions}."
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


class SchemaRefused(InvalidArgument):
    """The schema of the answer is not valid, or asks for what cannot be enforced."""

    reason = "SCHEMA_REFUSED"
    message = (
        "The schema cannot be followed: {place} {problem}. docs/inference.md lists what a schema may say; correct it and "
        "send the request again."
    )


class SchemaNotFollowed(FailedPrecondition):
    """No attempt gave a whole answer that follows the schema."""

    reason = "SCHEMA_NOT_FOLLOWED"
    message = (
        "The model '{model}' gave no answer that follows the schema in {attempts} attempts: {problem}. Raise maxTokens, "
        "give texts a maxLength and arrays a maxItems, or name a larger model."
    )


class ModelNotFound(NotFound):
    """The registry has no model of that name."""

    reason = "MODEL_NOT_FOUND"
    message = "There is no model called '{model}'. Leave the name empty, or pick one from GET /v1/inference/models."


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
    """As many requests wait for the model as may, and none of them has to make room for this one."""

    reason = "ENGINE_BUSY"
    message = "{waiting} requests are already waiting for the model '{model}'. Try again in a few seconds."


class ModelFileUnusable(FailedPrecondition):
    """The model's file is missing, damaged, not verified, or not one that the engine can load."""

    reason = "MODEL_FILE_UNUSABLE"
    message = "The model '{model}' cannot be loaded: {why}. Run `lm models verify {model}`, or pull it again."


class ModelTooLarge(FailedPrecondition):
    """The model needs more memory than models may use on this machine."""

    reason = "MODEL_TOO_LARGE"
    message = (
        "The model '{model}' needs about {needed} MiB and models may use {limit} MiB here. Choose a smaller one or a "
        "coarser quantisation, or raise LM_MODELS_MEMORY_MIB."
    )


class ModelInUse(FailedPrecondition):
    """Requests are being worked on by a model that should make room."""

    reason = "MODEL_IN_USE"
    message = "The model '{model}' is working on {requests} requests. Try again when they are done."


class NoModelForTask(FailedPrecondition):
    """No installed model can do what is asked on this machine."""

    reason = "NO_MODEL_FOR_TASK"
    message = "No installed model can do this here. Run `lm models list` and pull one, as docs/inference.md describes."
