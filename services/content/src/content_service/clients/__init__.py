"""Adapters to what lies outside: the inference service, live subjects, the renderer's process, the media folder."""
