"""The curriculum pack: one YAML file a topic, the spoken lines, and the checks that keep both correct."""
