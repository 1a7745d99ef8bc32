"""A video as its creator sees it, and the rows behind it."""

from typing import Any

import psycopg

from littlemonster.content.v1 import content_service_pb2 as pb


async def get_video(content, video: tuple[pb.Video, Any]) -> pb.Video:
    """The video of a creator's metadata, as it is now."""
    return await content.videos.GetVideo(pb.GetVideoRequest(video_id=video[0].id), metadata=video[1])


def rows(urls, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
    """What a service may read in content's database; nothing for a statement that answers no rows."""
    with psycopg.connect(urls.app) as connection:
        connection.execute("SELECT set_config('lm.role', 'SERVICE', true)")
        cursor = connection.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []


def outbox(urls, subject: str) -> list[bytes]:
    """The events of a subject that wait to be published."""
    return [payload for (payload,) in rows(urls, "SELECT payload FROM outbox WHERE subject = %s", subject)]


def stage_of(urls, video_id: str) -> str:
    """The stage that the making of a video has come to."""
    return rows(urls, "SELECT stage FROM generation_jobs WHERE video_id = %s", video_id)[0][0]
