"""Exits 0 when this container's process can serve: grpc.health.v1 for a service or worker, GET /healthz for the gateway."""

import os
import sys

SECONDS = 8.0


def gateway_serves(url: str) -> bool:
    """Whether Envoy answers."""
    import urllib.request  # takes longer than all that a service's container needs

    with urllib.request.urlopen(url, timeout=SECONDS) as answer:  # noqa: S310  # our own loopback URL
        return bool(answer.status == 200)


def process_serves(listen: str) -> bool:
    """Whether the process and all it depends on are ready."""
    import grpc  # the gateway's image has none
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    with grpc.insecure_channel(f"127.0.0.1:{listen.rpartition(':')[2]}") as channel:
        answer = health_pb2_grpc.HealthStub(channel).Check(  # type: ignore[attr-defined]  # its types know aio only
            health_pb2.HealthCheckRequest(), timeout=SECONDS
        )
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def main() -> int:
    """The exit status; what went wrong is printed for `docker inspect`."""
    try:
        url = os.environ.get("LM_HEALTH_URL")
        return 0 if (gateway_serves(url) if url else process_serves(os.environ["LM_LISTEN"])) else 1
    except Exception as error:
        print(f"not healthy: {error!r}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
