"""Giving, changing and taking back stars; the totals change in the same transaction."""

from dataclasses import replace

from community_service.domain.ratings import Rating, RatingTotals, check_rater, count
from community_service.errors import RatingNotFound
from community_service.ports import Store
from community_service.use_cases.standing import Authors
from community_service.use_cases.videos import PublicVideos, hold
from servicekit.caller import current_caller
from servicekit.clock import Clock


class Stars:
    """What an account does with ratings."""

    def __init__(
        self, store: Store, videos: PublicVideos, authors: Authors, clock: Clock, *, own_ratings: bool
    ) -> None:
        """`own_ratings`: whether somebody may rate a video they asked for."""
        self._store = store
        self._videos = videos
        self._authors = authors
        self._clock = clock
        self._own_ratings = own_ratings

    async def submit(self, video_id: str, stars: int) -> Rating:
        """Gives or changes the caller's rating; the same stars again change nothing.

        Raises VideoNotFound, OwnVideoRated, CommunitySuspended.
        """
        await self._authors.check()
        user_id = current_caller().id
        video = await self._videos.find(video_id)
        if not self._own_ratings:
            check_rater(video, user_id)
        async with self._store.begin() as work:
            await hold(work, video)
            totals = await work.ratings.lock_totals(video_id)
            earlier = await work.ratings.get(video_id, user_id)
            if earlier and earlier.stars == stars:
                return earlier
            now = self._clock()
            rating = Rating(video_id, user_id, stars, create_time=now, update_time=now)
            if earlier:
                rating = replace(rating, create_time=earlier.create_time)
            totals = count(totals, before=earlier.stars if earlier else None, now=stars)
            await work.ratings.save(rating)
            await work.ratings.save_totals(totals)
            await work.rating_submitted(rating, totals)
        return rating

    async def own(self, video_id: str) -> Rating:
        """The caller's rating. Raises RatingNotFound."""
        if rating := await self._store.reads.ratings.get(video_id, current_caller().id):
            return rating
        raise RatingNotFound(video=video_id)

    async def delete(self, video_id: str) -> None:
        """Takes the caller's rating back. Raises RatingNotFound."""
        async with self._store.begin() as work:
            totals = await work.ratings.lock_totals(video_id)
            rating = await work.ratings.get(video_id, current_caller().id)
            if rating is None:
                raise RatingNotFound(video=video_id)
            totals = count(totals, before=rating.stars, now=None)
            await work.ratings.remove(rating)
            await work.ratings.save_totals(totals)
            await work.rating_deleted(rating, totals)

    async def totals(self, video_id: str) -> RatingTotals:
        """The video's totals; zeros without ratings."""
        return await self._store.reads.ratings.totals(video_id)
