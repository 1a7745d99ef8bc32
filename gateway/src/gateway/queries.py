"""Which queries are refused by their names. Envoy's transcoder takes every field of a request from the query too: it would
let a query speak over the path, and carry what belongs into the body, such as a password."""

import re
from dataclasses import dataclass

from gateway.contracts import Rpc, camel

_VARIABLE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Refusal:
    """`pattern` is of the whole path with its query; `told` is a sentence for whoever sent it."""

    pattern: str
    told: str


def refusal(rpc: Rpc) -> Refusal | None:
    """What of a query this RPC's REST path does not take whoever sends it; None when only its own fields count."""
    if rpc.has_body:
        return Refusal(r"[^?]*\?.+", "This call takes its fields from the path and the body; leave the query out.")
    variables = _VARIABLE.findall(rpc.path)
    if not variables:
        return None
    spellings = sorted({spelling for name in variables for spelling in (name, camel(name))})
    names = "|".join("".join(map(_or_escaped, spelling)) for spelling in spellings)
    told = f"The path gives {' and '.join(map(camel, variables))}; leave it out of the query."
    return Refusal(rf"[^?]*\?(.*&)?({names})(=.*)?", told)


def _or_escaped(character: str) -> str:
    """As itself or percent-encoded: the transcoder decodes the names of parameters."""
    return f"({character}|%{_hex_digits(ord(character))})"


def _hex_digits(byte: int) -> str:
    return "".join(digit if digit.isdigit() else f"[{digit}{digit.lower()}]" for digit in f"{byte:02X}")
