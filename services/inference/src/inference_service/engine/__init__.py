"""Language models in processes of their own: native code that crashes takes one request with it, never the service."""
