"""`lm backup`: everything a mesh cannot make again in one archive, taken beside the running mesh, and put back."""
