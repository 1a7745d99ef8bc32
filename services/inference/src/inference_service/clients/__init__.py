"""Adapters to libraries that know what this service does not."""
