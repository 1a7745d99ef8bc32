"""Published media in a store of objects: a folder that the gateway serves, or a bucket that answers signed URLs."""

import logging
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, S3Store

from content_service.domain import FILES, NO_LINKS, Links, LinksOf, Status, Video, below_gateway
from content_service.errors import MediaNotStored

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

_VALID = timedelta(hours=6)
_SHOWN = "media"
_CLIENT: "ClientConfig" = {"timeout": "60s", "connect_timeout": "5s", "allow_http": True}
_RETRIES: "RetryConfig" = {"max_retries": 3, "retry_timeout": timedelta(seconds=30)}
log = logging.getLogger(__name__)


class StoredMedia:
    """The adapter of `ports.Media`. Objects are written out of sight and then moved into it, each of them whole."""

    def __init__(self, store: ObjectStore, shown: str, hidden: str) -> None:
        """`shown` and `hidden` are prefixes in the store; clients reach the first alone."""
        self._store = store
        self._shown = shown
        self._hidden = hidden
        self._typed = not isinstance(store, LocalStore)  # a folder keeps no media types; the gateway knows them by name

    async def publish(self, video_id: str, folder: Path) -> None:
        """The film comes last: where it can be seen, its captions can be, too."""
        async with _translated(video_id):
            for name, media_type in FILES.items():
                attributes = {"Content-Type": media_type} if self._typed else None
                path = f"{self._hidden}/{video_id}/{name}"
                await obstore.put_async(self._store, path, folder / name, attributes=attributes)
            await self._move(video_id, self._hidden, self._shown)

    async def show(self, video_id: str, *, visible: bool) -> None:
        """Moves what there is; what an interrupted call has moved already stays."""
        source, target = (self._hidden, self._shown) if visible else (self._shown, self._hidden)
        async with _translated(video_id):
            await self._move(video_id, source, target)

    async def remove(self, video_id: str) -> None:
        """From both places: it may be withdrawn."""
        async with _translated(video_id):
            for prefix in (self._shown, self._hidden):
                for name in FILES:
                    await self._delete(f"{prefix}/{video_id}/{name}")

    async def _move(self, video_id: str, source: str, target: str) -> None:
        for name in FILES:
            path = f"{source}/{video_id}/{name}"
            try:
                await obstore.copy_async(self._store, path, f"{target}/{video_id}/{name}")
            except FileNotFoundError:
                continue
            await self._delete(path)

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
