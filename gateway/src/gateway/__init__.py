"""The Envoy gateway: one configuration for every deployment, the OpenAPI document and the page that shows it."""

from gateway.bootstrap import render
from gateway.settings import Settings, in_containers, on_this_machine

__all__ = ["Settings", "in_containers", "on_this_machine", "render"]
