"""Model files and the registry that describes them."""
