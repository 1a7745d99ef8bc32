"""Imported before grpc: tests start servers by fork while channels are open, and gRPC's handlers would break the child."""

import os

os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")
