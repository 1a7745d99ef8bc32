"""One student's way from the registration to a planned review, step by step."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from local_mesh.demo import media
from local_mesh.demo.client import Json, eventually
from local_mesh.demo.student import StepFailed, Student, expect

LESSON_SECONDS = 300
EVENT_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Lesson:
    """What the student asks for."""

    topic: str = "Pythagorean theorem"
    subject: str = "MATH"
    difficulty: str = "STANDARD"


class Journey:
    """The state of one walk; `tell` hears of the lesson's progress in percent and words. Closes its connections."""

    def __init__(
        self,
        gateway_url: str,
        mail: Path,
        lesson: Lesson,
        tell: Callable[[int, str], None] = lambda percent, words: None,
    ) -> None:
        self._ada = Student("Ada", gateway_url, mail)
        self._ben = Student("Ben", gateway_url, mail)
        self._gateway = self._ada.gateway
        self._lesson = lesson
        self._tell = tell
        self._video: Json = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self._ada.gateway.close()
        await self._ben.gateway.close()

    @property
    def video(self) -> Json:
        """The lesson as the gateway last showed it."""
        return self._video

    async def register(self) -> str:
        """Make an account."""
        await self._ada.register()
        return self._ada.email

    async def verify(self) -> str:
        """Prove the address with the token from the mail."""
        await self._ada.verify()
        return "the mail's token was accepted"

    async def log_in(self) -> str:
        """From here on the student is known."""
        return f"user {await self._ada.log_in()}"

    async def ask_for_a_lesson(self) -> str:
        """Order the video."""
        self._video = await self._gateway.call(
            "POST",
            "/v1/videos",
            {
                "topic": self._lesson.topic,
                "subject": f"SUBJECT_{self._lesson.subject}",
                "difficulty": f"DIFFICULTY_{self._lesson.difficulty}",
            },
        )
        status = self._video["status"]
        expect(status == "VIDEO_STATUS_PENDING", f"The new video is {status}, not PENDING.", log="content")
        return f"video {self._video['id']}"

    async def watch_it_being_made(self) -> str:
        """Follow the progress until the video is public."""
        stages: list[str] = []
        async with asyncio.timeout(LESSON_SECONDS), self._gateway.events(self._path(":watch")) as progress:
            async for now in progress:
                stages += [now["stage"]] if now["stage"] not in stages else []
                self._tell(int(now["percent"]), now["message"] or now["stage"])
                if now["status"] in ("VIDEO_STATUS_REJECTED", "VIDEO_STATUS_FAILED"):
                    raise StepFailed(f"The video is {now['status']}: {now['message']}", log="content-worker")
        self._video = await self._gateway.call("GET", self._path())
        status = self._video["status"]
        expect(status == "VIDEO_STATUS_PUBLIC", f"The progress ended with the video {status}.", log="content-worker")
        return " → ".join(stages)

    async def download_it(self) -> str:
        """Fetch the film, a part of it by Range, its captions and its picture, and look into each."""
        film = await self._gateway.download(self._video["videoUrl"])
        seconds = media.film_seconds(film.content)
        expect(seconds, "The film is no MP4 with sound and picture.", log="content-worker")
        part = await self._gateway.download(self._video["videoUrl"], range="bytes=100-199")
        whole = part.status_code == 206 and part.content == film.content[100:200]
        expect(whole, f"A Range request answered {part.status_code} with other bytes.", log="gateway")
        captions = await self._gateway.download(self._video["captionsUrl"])
        cues = media.caption_count(captions.text)
        expect(cues, "The captions are no WebVTT with cues.", log="content-worker")
        picture = await self._gateway.download(self._video["thumbnailUrl"])
        expect(media.is_webp(picture.content), "The thumbnail is no WebP picture.", log="content-worker")
        return f"{seconds:.0f} s, {len(film.content) / 1e6:.1f} MB, {cues} captions"

    async def find_it_in_the_feed(self) -> str:
        """See it among the newest videos of its subject."""
        expect(await self._in_feed(), "The video is not in the feed.", log="content")
        return "newest videos"

    async def rate_it(self) -> str:
        """A classmate, for nobody rates a video of their own, gives four stars; the average in the feed follows."""
        await self._ben.register()
        await self._ben.verify()
        await self._ben.log_in()
        before = (self._video["ratingAvg"], self._video["ratingCount"])
        await self._ben.gateway.call("PUT", self._path("/rating"), {"stars": 4})

        async def changed() -> Json | None:
            video = await self._in_feed()
            return video if video and (video["ratingAvg"], video["ratingCount"]) == (4, 1) else None

        video = await eventually(changed, EVENT_SECONDS)
        if video is None:
            raise StepFailed(f"The rating did not reach the feed; it still shows {before}.", log="content-worker")
        return f"a classmate gives 4 stars, average {before[0]:g} → {video['ratingAvg']:g}"

    async def comment_live(self) -> str:
        """Listen to the comments, write one, hear it arrive."""
        text = f"The picture made it click for me ({secrets.token_hex(3)})."
        async with asyncio.timeout(EVENT_SECONDS), self._gateway.events(self._path("/comments:watch")) as changes:
            written = await self._gateway.call("POST", self._path("/comments"), {"text": text})
            async for change in changes:
                told = change.get("comment", {})  # a sign of life has none
                if told.get("id") == written["id"]:
                    expect(told["text"] == text, f"The comment arrived as {told['text']!r}.", log="community")
                    return f"“{text}”"
        raise StepFailed("The stream of comments ended before the new one came.", log="community")

    async def plan_a_review(self) -> str:
        """Put a study session into the planner and find it there."""
        start = (datetime.now(UTC) + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
        planned = await self._gateway.call(
            "POST",
            "/v1/planner/events",
            {
                "title": f"Review: {self._video['title']}",
                "subject": self._video["subject"],
                "type": "EVENT_TYPE_STUDY",
                "startTime": _rfc3339(start),
                "endTime": _rfc3339(start + timedelta(minutes=45)),
                "timeZone": "UTC",
                "reminders": [{"minutesBefore": 15}],
            },
        )
        window = {"startTime": _rfc3339(start - timedelta(hours=1)), "endTime": _rfc3339(start + timedelta(hours=2))}
        listed = await self._gateway.call("GET", "/v1/planner/events", query=window)
        found = [event for event in listed["events"] if event["id"] == planned["id"]]
        expect(found, "The new event is not among the week's events.", log="planner")
        return f"{planned['title']}, {start:%A %H:%M} UTC, with a reminder 15 minutes before"

    def _path(self, rest: str = "") -> str:
        return f"/v1/videos/{self._video['id']}{rest}"

    async def _in_feed(self) -> Json | None:
        page = await self._gateway.call(
            "GET", "/v1/videos", query={"sort": "recent", "subject": self._video["subject"]}
        )
        return next((video for video in page["videos"] if video["id"] == self._video["id"]), None)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing the student does; `log` is the process to ask when the gateway refuses it."""

    title: str
    take: Callable[[Journey], Awaitable[str]]
    log: str


STEPS = (
    Step("Register", Journey.register, "auth"),
    Step("Verify the address by mail", Journey.verify, "auth"),
    Step("Log in", Journey.log_in, "auth"),
    Step("Ask for a lesson", Journey.ask_for_a_lesson, "content"),
    Step("Watch it being made", Journey.watch_it_being_made, "content-worker"),
    Step("Download film, captions and picture", Journey.download_it, "gateway"),
    Step("Find it in the feed", Journey.find_it_in_the_feed, "content"),
    Step("Rate it", Journey.rate_it, "content-worker"),
    Step("Comment and see it arrive live", Journey.comment_live, "community"),
    Step("Plan a review session", Journey.plan_a_review, "planner"),
)


def _rfc3339(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")
