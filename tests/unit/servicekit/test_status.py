"""A ServiceError crosses the wire whole, and what is not ours becomes the nearest of ours."""

import re
from datetime import timedelta

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2
from grpc.aio import AioRpcError, Metadata
from grpc_status import rpc_status
from hypothesis import given
from hypothesis import strategies as st

from servicekit import errors
from servicekit.errors import ServiceError
from servicekit.identity.access import RoleMissing
from servicekit.status import code_of, from_rpc_error, to_status

KINDS = {
    errors.InvalidArgument: "INVALID_ARGUMENT",
    errors.FailedPrecondition: "FAILED_PRECONDITION",
    errors.OutOfRange: "OUT_OF_RANGE",
    errors.Unauthenticated: "UNAUTHENTICATED",
    errors.PermissionDenied: "PERMISSION_DENIED",
    errors.NotFound: "NOT_FOUND",
    errors.AlreadyExists: "ALREADY_EXISTS",
    errors.Aborted: "ABORTED",
    errors.ResourceExhausted: "RESOURCE_EXHAUSTED",
    errors.Unavailable: "UNAVAILABLE",
    errors.DeadlineExceeded: "DEADLINE_EXCEEDED",
    errors.Unimplemented: "UNIMPLEMENTED",
    errors.Internal: "INTERNAL",
}


class ShelfMissing(errors.NotFound):
    """A kind's subclass with its own reason, as services have them."""

    reason = "SHELF_MISSING"
    message = "There is no shelf {shelf}. Choose another."


class AddressMissing(ShelfMissing):
    """The same reason in other words."""

    message = "There is no shelf at {shelf}. Choose another."


def over_the_wire(error: ServiceError) -> ServiceError:
    """What a client of the service called "library" catches when a handler there raised `error`."""
    return from_rpc_error(rpc_error(to_status(error)), "library")


def rpc_error(status: grpc.Status) -> AioRpcError:
    return AioRpcError(status.code, Metadata(), Metadata(*status.trailing_metadata), status.details)


def details(error: ServiceError) -> tuple[status_pb2.Status, error_details_pb2.ErrorInfo]:
    status, info = rpc_status.from_call(rpc_error(to_status(error))), error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    return status, info


def test_every_kind_of_error_is_in_the_table() -> None:
    assert set(KINDS) == set(ServiceError.__subclasses__())


@pytest.mark.parametrize(("kind", "code"), KINDS.items())
def test_a_kind_has_its_code_and_comes_back_as_itself(kind: type[ServiceError], code: str) -> None:
    assert code_of(kind()).name == code
    assert type(over_the_wire(kind())) is kind


@pytest.mark.parametrize("code", [code for code in grpc.StatusCode if code is not grpc.StatusCode.OK])
def test_a_status_without_details_becomes_its_kind(code: grpc.StatusCode) -> None:
    caught = from_rpc_error(AioRpcError(code, Metadata(), Metadata(), "from a proxy"), "library")
    named = {name: kind for kind, name in KINDS.items()}
    expected = named.get(code.name, errors.Unavailable)
    assert type(caught) is expected
    assert str(caught) == (
        "The library service does not answer. Try again in a moment."
        if expected is errors.Unavailable and code.name in ("UNAVAILABLE", "CANCELLED")
        else "from a proxy"
    )


def test_a_subclass_comes_back_with_everything_it_knew() -> None:
    raised = ShelfMissing(shelf="7", fields={"shelfId": "is not one of ours"}, retry_after=timedelta(seconds=2.5))
    caught = over_the_wire(raised)
    assert type(caught) is ShelfMissing
    assert str(caught) == "There is no shelf 7. Choose another."
    assert (caught.reason, caught.metadata) == ("SHELF_MISSING", {"shelf": "7"})
    assert (caught.fields, caught.retry_after) == ({"shelfId": "is not one of ours"}, timedelta(seconds=2.5))


def test_other_words_for_a_reason_come_back_as_the_class_that_has_it() -> None:
    caught = over_the_wire(AddressMissing(shelf="7"))
    assert type(caught) is ShelfMissing
    assert str(caught) == "There is no shelf at 7. Choose another."


def test_an_error_of_a_class_the_client_does_not_have_keeps_its_reason_and_kind() -> None:
    status = to_status(ShelfMissing(shelf="7"))
    elsewhere = rpc_status.from_call(rpc_error(status))
    info = error_details_pb2.ErrorInfo(reason="ONLY_THEIRS", domain="littlemonster", metadata={"a": "b"})
    elsewhere.details[0].Pack(info)
    caught = from_rpc_error(rpc_error(rpc_status.to_status(elsewhere)), "library")
    assert (type(caught), caught.reason, caught.metadata) == (errors.NotFound, "ONLY_THEIRS", {"a": "b"})
    assert errors.NotFound.reason == "NOT_FOUND"  # the class itself is untouched


def test_a_reason_that_two_services_have_comes_back_as_an_error_of_both_whichever_was_imported_first() -> None:
    lent = {"reason": "SHELF_LENT", "message": "Shelf {shelf} is lent. Choose another."}
    known: list[type[ServiceError]] = []
    for service in ("Library", "Archive", "ImportedLate"):
        known.append(type(f"ShelfLentBy{service}", (errors.Aborted,), lent))
        caught = over_the_wire(known[0](shelf="7"))
        assert all(isinstance(caught, each) for each in known)
        assert (caught.reason, str(caught), caught.metadata) == (
            "SHELF_LENT",
            "Shelf 7 is lent. Choose another.",
            {"shelf": "7"},
        )


def test_two_hops_leave_an_error_as_it_was() -> None:
    once = over_the_wire(RoleMissing(role="ADMIN"))
    twice = over_the_wire(once)
    assert (type(twice), str(twice), twice.metadata) == (RoleMissing, str(once), {"role": "ADMIN"})


def test_every_error_names_its_reason_and_our_domain() -> None:
    status, info = details(ShelfMissing(shelf="7"))
    assert (info.reason, info.domain, dict(info.metadata)) == ("SHELF_MISSING", "littlemonster", {"shelf": "7"})
    assert (status.code, status.message) == (5, "There is no shelf 7. Choose another.")


def test_an_internal_error_tells_only_its_trace() -> None:
    _, info = details(errors.Internal(secret="of ours"))
    assert set(info.metadata) == {"traceId"}


def test_a_template_with_a_missing_value_still_makes_a_message() -> None:
    assert str(ShelfMissing()) == "There is no shelf <shelf>. Choose another."


RESERVED = {"self", "fields", "retry_after", "detail"}


@given(st.dictionaries(st.text(min_size=1).filter(lambda key: key not in RESERVED), st.text(), max_size=3))
def test_any_metadata_makes_keys_that_error_info_allows(metadata: dict[str, str]) -> None:
    _, info = details(errors.NotFound(**metadata))
    assert all(re.fullmatch("[a-zA-Z0-9_-]+", key) for key in info.metadata)


@pytest.mark.parametrize(("wait", "header"), [(0.2, "1"), (1.2, "2"), (900.0, "900")])
def test_when_to_come_back_is_told_in_a_header_too(wait: float, header: str) -> None:
    status = to_status(errors.ResourceExhausted(retry_after=timedelta(seconds=wait)))
    assert dict(status.trailing_metadata or ())["retry-after"] == header
    assert "retry-after" not in dict(to_status(errors.ResourceExhausted()).trailing_metadata or ())
