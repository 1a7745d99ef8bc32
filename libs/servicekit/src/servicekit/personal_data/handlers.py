"""Hands out what this service holds of a person, to the services of the mesh alone."""

from collections.abc import AsyncIterator, Iterable

from littlemonster.common.v1 import personal_data_service_pb2 as pb
from littlemonster.common.v1.personal_data_service_pb2_grpc import PersonalDataServiceServicer
from servicekit.database import Database
from servicekit.interceptors import Context
from servicekit.personal_data.records import Records, read


class PersonalDataHandlers(PersonalDataServiceServicer):
    """littlemonster.common.v1.PersonalDataService; without a database the service holds nothing."""

    def __init__(self, database: Database | None = None, everything: Iterable[Records] = ()) -> None:
        self._database = database
        self._everything = tuple(everything)

    async def ExportPersonalData(
        self, request: pb.ExportPersonalDataRequest, context: Context
    ) -> AsyncIterator[pb.ExportPersonalDataResponse]:
        if self._database:
            async for name, record in read(self._database, self._everything, request.user_id):
                yield pb.ExportPersonalDataResponse(collection=name, json=record)
