"""One function per intention of a person or of the mesh."""
