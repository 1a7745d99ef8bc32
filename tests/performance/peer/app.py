"""The plain service to compare with: FastAPI, SQLModel's ORM session and uvicorn, as their manuals show them."""

import base64
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, FastAPI, HTTPException, Query
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from tests.performance.peer.tables import Chapter, Page, Provenance, Video, VideoRow

_SORTS = {"recent": VideoRow.create_time, "popular": VideoRow.view_count, "rating": VideoRow.rating_score}
# Both services may open as many connections.
engine = create_async_engine(
    os.environ["LM_DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://"), pool_size=8, max_overflow=0
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Closes the pool at the end."""
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


async def session() -> AsyncIterator[AsyncSession]:
    """One session a request."""
    async with AsyncSession(engine) as opened:
        yield opened


Session = Annotated[AsyncSession, Depends(session)]


@app.get("/v1/videos/{video_id}", response_model=Video)
async def get_video(video_id: UUID, session: Session) -> Video:
    """One video, or 404."""
    query = select(VideoRow).where(VideoRow.id == video_id, VideoRow.status == "PUBLIC")
    row = (await session.exec(query)).first()
    if row is None:
        raise HTTPException(404)
    return answer(row)


@app.get("/v1/videos", response_model=Page)
async def list_videos(
    session: Session,
    size: Annotated[int, Query(alias="pageSize", ge=1, le=100)] = 20,
    sort: Literal["recent", "popular", "rating"] = "recent",
    subject: str | None = None,
    difficulty: str | None = None,
) -> Page:
    """The first page of the feed."""
    key = col(_SORTS[sort])
    query = select(VideoRow).where(VideoRow.status == "PUBLIC").order_by(key.desc(), col(VideoRow.id).desc())
    if subject:
        query = query.where(VideoRow.subject == subject.removeprefix("SUBJECT_"))
    if difficulty:
        query = query.where(VideoRow.difficulty == difficulty.removeprefix("DIFFICULTY_"))
    rows = list((await session.exec(query.limit(size + 1))).all())
    return Page(
        videos=[answer(row) for row in rows[:size]], next_page_token=_token(rows[size - 1], sort, len(rows) > size)
    )


def answer(row: VideoRow) -> Video:
    """The row as clients see it."""
    return Video(
        id=row.id,
        title=row.title,
        subject=f"SUBJECT_{row.subject}",
        difficulty=f"DIFFICULTY_{row.difficulty}",
        topic=row.topic,
        created_by=row.created_by,
        status=f"VIDEO_STATUS_{row.status}",
        status_message=row.status_message,
        script_summary=row.summary,
        key_points=row.key_points,
        timestamps=row.timestamps,
        chapters=[Chapter(**chapter) for chapter in row.chapters],
        video_url=f"/media/{row.id}/video.mp4",
        thumbnail_url=f"/media/{row.id}/thumbnail.webp",
        captions_url=f"/media/{row.id}/captions.vtt",
        duration=row.duration,
        rating_avg=row.rating_sum / row.rating_count if row.rating_count else 0.0,
        rating_count=row.rating_count,
        view_count=row.view_count,
        comment_count=row.comment_count,
        tags=row.tags,
        create_time=row.create_time,
        update_time=row.update_time,
        estimated_completion_time=row.estimated_completion_time,
        provenance=Provenance(**row.provenance),
    )


def _token(last: VideoRow, sort: str, more: bool) -> str:
    if not more:
        return ""
    return base64.urlsafe_b64encode(json.dumps([sort, str(last.id)]).encode()).decode()
