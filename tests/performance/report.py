"""The figures of one run, for people and for programs."""

from tests.performance.load import Round

Measured = dict[str, Round]
_TITLES = {"ours": "Little Monster", "peer": "FastAPI + SQLModel", "nodb": "gateway, no database"}


def figures(found: dict[str, Measured]) -> dict[str, dict[str, float]]:
    """The content of bench.json: requests a second and milliseconds."""
    return {
        kind: {
            "rps": round(rounds["ours"].rps, 1),
            "peer_rps": round(rounds["peer"].rps, 1),
            "nodb_rps": round(rounds["nodb"].rps, 1),
            "p95_ms": round(rounds["ours"].p95_ms, 2),
            "peer_p95_ms": round(rounds["peer"].p95_ms, 2),
        }
        for kind, rounds in found.items()
    }


def table(found: dict[str, Measured]) -> str:
    """One line a service and kind of request; the last column is its throughput over the plain service's."""
    lines = [f"{'request':<8}{'service':<22}{'requests/s':>12}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'ratio':>8}"]
    for kind, rounds in found.items():
        for name, title in _TITLES.items():
            one = rounds[name]
            ratio = one.rps / rounds["peer"].rps
            times = f"{one.p50_ms:>9.1f}{one.p95_ms:>9.1f}{one.p99_ms:>9.1f}"
            lines.append(f"{kind:<8}{title:<22}{one.rps:>12.0f}{times}{ratio:>7.2f}×")
    return "\n".join(lines)
