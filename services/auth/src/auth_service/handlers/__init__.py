"""Auth's servicers: convert in, call one use case, convert out. RPCs that are not here answer UNIMPLEMENTED."""
