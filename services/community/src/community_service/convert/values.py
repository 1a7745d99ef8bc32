"""What several messages are made of."""

from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from community_service.domain.concerns import Concern
from littlemonster.community.v1 import community_service_pb2 as pb


def timestamp(time: datetime) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(time)
    return made


def reason_code(code: Concern | None) -> pb.ReportReason.ValueType:
    """UNSPECIFIED for none."""
    return pb.ReportReason.Value(f"REPORT_REASON_{code}") if code else pb.REPORT_REASON_UNSPECIFIED


def concern(reason: pb.ReportReason.ValueType) -> Concern | None:
    """None for UNSPECIFIED."""
    return Concern(pb.ReportReason.Name(reason).removeprefix("REPORT_REASON_")) if reason else None
