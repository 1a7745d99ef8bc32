"""What each service holds of a person: auth's own rows, and the others' by gRPC."""

from collections.abc import AsyncIterator, Iterable

import grpc

from littlemonster.common.v1.personal_data_service_pb2 import ExportPersonalDataRequest
from littlemonster.common.v1.personal_data_service_pb2_grpc import PersonalDataServiceStub
from servicekit.database import Database
from servicekit.errors import ServiceError, Unavailable
from servicekit.personal_data.records import Records, read

_SECONDS = 60.0


class OwnPersonalData:
    """See ports.PersonalData, for auth itself."""

    service = "auth"

    def __init__(self, database: Database, everything: Iterable[Records]) -> None:
        self._database = database
        self._everything = tuple(everything)

    def records(self, user_id: str) -> AsyncIterator[tuple[str, str]]:
        """Page by page."""
        return read(self._database, self._everything, user_id)


class GrpcPersonalData:
    """See ports.PersonalData, for another service; a stream may take a minute."""

    def __init__(self, service: str, channel: grpc.aio.Channel, seconds: float = _SECONDS) -> None:
        self.service = service
        self._stub = PersonalDataServiceStub(channel)
        self._seconds = seconds

    async def records(self, user_id: str) -> AsyncIterator[tuple[str, str]]:
        """A record at a time, as they come."""
        call = self._stub.ExportPersonalData(ExportPersonalDataRequest(user_id=user_id), timeout=self._seconds)
        try:
            async for response in call:
                yield response.collection, response.json
        except (ServiceError, grpc.aio.AioRpcError) as error:
            raise Unavailable(service=self.service) from error
