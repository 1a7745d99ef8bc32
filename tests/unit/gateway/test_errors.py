"""The errors the gateway answers by itself."""

import base64

import pytest
from google.rpc import error_details_pb2, status_pb2

from gateway.errors import ERRORS, body, mappers

LIMITS = {"max_body_bytes": 1 << 20, "requests_per_second": 100}


def test_each_reason_is_used_once():
    reasons = [error.reason for error in ERRORS]
    assert len(reasons) == len(set(reasons))


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.reason)
def test_every_error_has_the_one_shape_and_ends_with_a_remedy(error):
    shape = body(error)
    assert list(shape) == ["code", "message", "details"]
    assert shape["details"][0]["reason"] == error.reason
    assert shape["message"].removesuffix(" %LOCAL_REPLY_BODY%").count(". ") + shape["message"].count("; ") >= 1


def test_every_failing_status_has_a_mapper():
    for status in range(400, 600):
        assert any(low <= status <= high and not error.details for error in ERRORS for low, high in [error.on])


def test_grpc_clients_get_the_reason_in_the_encoded_status():
    for mapper in mappers(LIMITS)[::2]:
        headers = {h["header"]["key"]: h["header"]["value"] for h in mapper["headers_to_add"]}
        encoded = headers["grpc-status-details-bin"]
        status = status_pb2.Status.FromString(base64.b64decode(encoded + "=" * (-len(encoded) % 4)))
        info = error_details_pb2.ErrorInfo()
        assert status.details[0].Unpack(info)
        assert info.domain == "littlemonster"
        assert (str(status.code), status.message) == (headers["grpc-status"], headers["grpc-message"])


def test_messages_name_the_limits_in_force():
    text = str(mappers({"max_body_bytes": 4711, "requests_per_second": 42}))
    assert "4711 bytes" in text
    assert "42 a second" in text
