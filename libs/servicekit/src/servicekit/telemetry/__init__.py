"""OpenTelemetry traces and metrics, and one JSON line a log record. Nothing is exported until an endpoint is set."""
