"""The environment a child process gets: a short list inherited, the rest said explicitly."""

import os
from collections.abc import Mapping

_INHERITED = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "SSL_CERT_FILE",
    "LD_LIBRARY_PATH",
    "COVERAGE_PROCESS_START",
    "COVERAGE_PROCESS_CONFIG",
)


def child_environment(**variables: str) -> Mapping[str, str]:
    """The inherited variables and those given. What a process need not know (other secrets) it does not get."""
    return {name: os.environ[name] for name in _INHERITED if name in os.environ} | variables
