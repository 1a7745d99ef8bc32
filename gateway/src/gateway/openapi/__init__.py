"""The OpenAPI 3.1 document, made from the contracts: paths, messages, comments and constraints."""

from gateway.openapi.document import document, document_text

__all__ = ["document", "document_text"]
