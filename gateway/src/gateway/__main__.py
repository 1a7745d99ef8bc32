"""The gateway's commands: `render` prints Envoy's configuration, `openapi` and `reference` write what is generated."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from gateway.bootstrap import render
from gateway.openapi import document_text
from gateway.reference import with_section
from gateway.settings import Settings, in_containers, on_this_machine, origins

_PACKAGE = Path(__file__).parent
_TARGETS = ("local", "compose", "k8s")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; wrong arguments exit with 2 and say what is expected."""
    parser = argparse.ArgumentParser(prog="python -m gateway", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    _add_render(commands.add_parser("render", help="print Envoy's configuration as YAML"))
    commands.add_parser("openapi", help="write openapi.json from the contracts")
    reference = commands.add_parser("reference", help="bring the generated section of docs/api.md up to date")
    reference.add_argument("page", type=Path, nargs="?", default=Path("docs/api.md"))
    options = parser.parse_args(arguments)
    if options.command == "openapi":
        (_PACKAGE / "openapi.json").write_text(document_text())
        return
    if options.command == "reference":
        options.page.write_text(with_section(options.page.read_text()))
        return
    try:
        print(render(_settings(options)), end="")
    except ValueError as error:
        parser.error(str(error))


def _add_render(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--for", dest="target", choices=_TARGETS, required=True, help="whose defaults are taken")
    parser.add_argument("--cluster", action="append", default=[], metavar="NAME=HOST:PORT", help="where a service is")
    parser.add_argument("--media-dir", type=Path, help="finished lessons, on the machine Envoy runs on")
    parser.add_argument("--listen-port", type=int, help="where clients call")
    parser.add_argument("--admin", help="a Unix socket's path or a loopback host:port; empty for none")
    parser.add_argument("--metrics-port", type=int, help="where Prometheus reads Envoy's counters; 0 for nowhere")
    parser.add_argument("--public-url", help="what clients call; https makes browsers stay with it (HSTS)")
    parser.add_argument(
        "--cors-origin",
        dest="cors_origins",
        action="append",
        metavar="ORIGIN[,ORIGIN…]",
        help="of browser clients elsewhere, such as https://app.school.example",
    )
    parser.add_argument("--requests-per-second", type=int, help="what one client address may call in the long run")
    parser.add_argument("--burst", type=int, help="what one client address may call at once")
    parser.add_argument("--trusted-proxies", type=int, help="how many proxies of yours stand before this one")
    parser.add_argument("--otlp-endpoint", metavar="HOST:PORT", help="where spans go by OTLP over gRPC")
    parser.add_argument("--trace-sampling-percent", type=float, help="how many requests are traced")
    parser.add_argument("--assets-dir", type=Path, help="this package's files on the machine Envoy runs on")
    parser.add_argument("--swagger-dir", type=Path, help="Swagger UI's files on the machine Envoy runs on")


def _settings(options: argparse.Namespace) -> Settings:
    given = {name: value for name, value in vars(options).items() if value is not None}
    for name in ("command", "target", "cluster"):
        del given[name]
    if "cors_origins" in given:
        given["cors_origins"] = origins(",".join(given["cors_origins"]))
    defaults = on_this_machine() if options.target == "local" else in_containers()
    named = {name: address for name, _, address in (pair.partition("=") for pair in options.cluster)}
    return defaults.changed(clusters={**defaults.clusters, **named}, **given)


if __name__ == "__main__":
    main()
