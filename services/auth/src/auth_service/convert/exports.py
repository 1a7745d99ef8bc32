"""What people take along, and the link to it."""

from google.api.httpbody_pb2 import HttpBody  # type: ignore[import-untyped]  # Google publishes no stubs of it

from auth_service.convert.values import timestamp
from auth_service.domain.exports import Export, ExportState, Link, link
from littlemonster.auth.v1 import user_service_pb2 as pb2

FILE_HEADERS = (
    ("content-disposition", 'attachment; filename="little-monster.zip"'),
    ("cache-control", "private, no-store"),
)
_STATES = {
    ExportState.GATHERING: pb2.Export.STATE_GATHERING,
    ExportState.READY: pb2.Export.STATE_READY,
    ExportState.FAILED: pb2.Export.STATE_FAILED,
}


def export(source: Export) -> pb2.Export:
    """An export as its owner sees it."""
    fetched = link(source)
    return pb2.Export(
        id=source.id,
        state=_STATES[source.state],
        url=_url(fetched) if fetched else "",
        expire_time=timestamp(source.expire_time) if fetched and source.expire_time else None,
        failure_reason=source.reason,
        size_bytes=source.size,
        create_time=timestamp(source.create_time),
    )


def presented(request: pb2.DownloadExportRequest) -> Link:
    """What somebody hopes to fetch an archive with."""
    return Link(request.export_id, request.expires, request.signature)


def part(piece: bytes) -> HttpBody:
    """One piece of the file."""
    return HttpBody(content_type="application/zip", data=piece)


def _url(fetched: Link) -> str:
    return f"/v1/exports/{fetched.export_id}/archive?expires={fetched.expires}&signature={fetched.signature}"
