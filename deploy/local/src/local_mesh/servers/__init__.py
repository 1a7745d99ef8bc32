"""The servers the mesh stands on, each from a wheel: how to prepare, start and reach them."""
