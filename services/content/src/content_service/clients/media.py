"""Published media in a store of objects: a folder that the gateway serves, or a bucket that answers signed URLs."""

import logging
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence, Set
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, S3Store

from content_service.domain import FILES, NO_LINKS, Links, LinksOf, Place, Status, Video, below_gateway
from content_service.errors import MediaNotStored

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

_VALID = timedelta(hours=6)
_LISTED = 1000  # objects at a time
_SHOWN = "media"
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CLIENT: "ClientConfig" = {"timeout": "60s", "connect_timeout": "5s", "allow_http": True}
_RETRIES: "RetryConfig" = {"max_retries": 3, "retry_timeout": timedelta(seconds=30)}
log = logging.getLogger(__name__)


class StoredMedia:
    """The adapter of `ports.Media`: objects below two prefixes, moved from one to the other, each of them whole."""

    def __init__(self, store: ObjectStore, shown: str, hidden: str) -> None:
        """`shown` and `hidden` are prefixes in the store; clients reach the first alone."""
        self._store = store
        self._prefixes = {Place.SHOWN: shown, Place.HIDDEN: hidden}
        # Whoever knows a video's id reaches what lies in the folder; in a bucket nobody does without a signed URL.
        self._folder = isinstance(store, LocalStore)

    async def store(self, video_id: str, folder: Path) -> None:
        """In a bucket where they stay: a link is made for PUBLIC videos alone."""
        place = Place.HIDDEN if self._folder else Place.SHOWN
        async with _translated(video_id):
            for name, media_type in FILES.items():
                # A folder keeps no media types; the gateway knows them by name.
                attributes = None if self._folder else {"Content-Type": media_type}
                await obstore.put_async(
                    self._store, self._path(place, video_id, name), folder / name, attributes=attributes
                )

    async def show(self, video_id: str, *, visible: bool) -> None:
        """Moves what there is; what an interrupted call has moved already stays.

        The film comes last: where it can be seen, its captions can be, too.
        """
        source, target = (Place.HIDDEN, Place.SHOWN) if visible else (Place.SHOWN, Place.HIDDEN)
        async with _translated(video_id):
            for name in FILES:
                await self._move(self._path(source, video_id, name), self._path(target, video_id, name))

    async def remove(self, video_id: str) -> None:
        """From both places: it may be withdrawn."""
        async with _translated(video_id):
            for place in self._prefixes:
                for name in FILES:
                    await self._delete(self._path(place, video_id, name))

    async def stored(self) -> Mapping[str, Set[Place]]:
        """By names alone; what is not named like a video's id is nothing of ours."""
        found: dict[str, set[Place]] = {}
        for place, prefix in self._prefixes.items():
            async with _translated():
                async for objects in obstore.list(self._store, prefix, chunk_size=_LISTED):
                    for path in (each["path"] for each in objects):
                        if _ID.fullmatch(video_id := path.removeprefix(f"{prefix}/").partition("/")[0]):
                            found.setdefault(video_id, set()).add(place)
        return found

    def _path(self, place: Place, video_id: str, name: str) -> str:
        return f"{self._prefixes[place]}/{video_id}/{name}"

    async def _move(self, source: str, target: str) -> None:
        try:
            await obstore.copy_async(self._store, source, target)
        except FileNotFoundError:
            return
        await self._delete(source)

    async def _delete(self, path: str) -> None:
        try:
            await obstore.delete_async(self._store, path)
        except FileNotFoundError:
            return


class GatewayLinks:
    """The adapter of `ports.MediaLinks` where the gateway serves the folder."""

    async def links(self, videos: Iterable[Video]) -> LinksOf:
        """Paths, which need nobody's answer."""
        return {video.id: below_gateway(video.id) for video in videos if video.status == Status.PUBLIC}


class SignedLinks:
    """The adapter of `ports.MediaLinks` for a bucket: whoever may see the video may fetch its files for six hours."""

    def __init__(self, store: S3Store, shown: str) -> None:
        self._store = store
        self._shown = shown

    async def links(self, videos: Iterable[Video]) -> LinksOf:
        """Signed here, without asking the store, but where its credentials have to be fetched."""
        ids = [video.id for video in videos if video.status == Status.PUBLIC]
        paths = [f"{self._shown}/{id_}/{name}" for id_ in ids for name in FILES]
        async with _translated(*ids[:1]):
            urls = await obstore.sign_async(self._store, "GET", paths, _VALID) if paths else []
        return {
            id_: _links(urls[at : at + len(FILES)])
            for id_, at in zip(ids, range(0, len(urls), len(FILES)), strict=True)
        }


class MediaStore:
    """Where this installation keeps media: a bucket where a URL names one, else a folder.

    `links` are for the API and `told` for events; `media` is for the worker, which alone may write. Raises ValueError for a URL
    that names no bucket.
    """

    def __init__(self, folder: Path, bucket_url: str, public_endpoint: str) -> None:
        """`public_endpoint` is what browsers reach the bucket's store by, where that is not how we do."""
        self._folder = folder
        self._bucket = _bucket(bucket_url) if bucket_url else None
        self.links: GatewayLinks | SignedLinks = GatewayLinks()
        self.told: Callable[[str], Links] = below_gateway
        if self._bucket:
            signing = _bucket(bucket_url, endpoint=public_endpoint) if public_endpoint else self._bucket
            self.links = SignedLinks(signing, _SHOWN)
            self.told = lambda _: NO_LINKS  # an event outlives a signature: whoever hears it asks for the video

    @cached_property
    def media(self) -> StoredMedia:
        """Makes the folder, if it is one."""
        if self._bucket:
            return StoredMedia(self._bucket, _SHOWN, "withdrawn")
        beside = LocalStore(self._folder.parent, mkdir=True, automatic_cleanup=True)
        return StoredMedia(beside, self._folder.name, f".{self._folder.name}-withdrawn")


def _bucket(url: str, **config: Any) -> S3Store:
    """Region, keys and endpoint come from the usual AWS_ variables; plain http only where that endpoint says so."""
    if not url.startswith("s3://"):
        raise ValueError("LM_MEDIA_URL must be s3://bucket or s3://bucket/prefix; leave it empty for a local folder.")
    try:
        return S3Store.from_url(url, client_options=_CLIENT, retry_config=_RETRIES, **config)
    except (BaseError, ValueError) as error:
        raise ValueError(f"LM_MEDIA_URL or an AWS_ variable is not right: {str(error)[:200]}") from error


def _links(urls: Sequence[str]) -> Links:
    named = dict(zip(FILES, urls, strict=True))
    return Links(named["video.mp4"], named["thumbnail.webp"], named["captions.vtt"])


@asynccontextmanager
async def _translated(*about: str) -> AsyncIterator[None]:
    """What stores raise becomes MediaNotStored; their own words, which name hosts and paths, go to the log alone."""
    try:
        yield
    except (BaseError, OSError) as error:
        log.warning("media store failed", extra={"video": "".join(about), "error": str(error)[:300]})
        raise MediaNotStored(cause="the media store refuses or does not answer") from error
