"""Mentions through the real server: whom they mean, and who is told."""

from fakes.community.heard import heard

from littlemonster.auth.v1.user_service_pb2 import User
from littlemonster.community.v1 import community_service_pb2 as pb
from littlemonster.community.v1.community_events_pb2 import CommentCreated, CommentUpdated
from servicekit.errors import Unavailable
from servicekit.ids import new_id

ADA, BEN, CLEO = new_id(), new_id(), new_id()


async def test_the_comment_and_its_events_say_whom_it_mentions(community, loopback, video, broker) -> None:
    community.users.users = [User(id=BEN, display_name="Ben"), User(id=CLEO, display_name="Cleo Z.", email="private")]
    ada = loopback.as_user(ADA)
    request = pb.CreateCommentRequest(video_id=video.id, text="As @ben said. @Nobody knows why.")
    async with broker.subscribe("comment.created") as told, broker.subscribe("comment.updated") as changed:
        made = await community.comments.CreateComment(request, metadata=ada)
        edit = pb.UpdateCommentRequest(comment_id=made.id, text="As @ben and @Cleo Z. said")
        edited = await community.comments.UpdateComment(edit, metadata=ada)
        created = await heard(told, CommentCreated, made.id)
        updated = await heard(changed, CommentUpdated, made.id)
    assert list(made.mentions) == [pb.Mention(user_id=BEN, text="@ben")]
    assert list(edited.mentions) == [*made.mentions, pb.Mention(user_id=CLEO, text="@Cleo Z.")]
    assert (list(created.mentioned_user_ids), list(updated.mentioned_user_ids)) == ([BEN], [CLEO])
    assert b"private" not in updated.SerializeToString()
    read = pb.GetCommentRequest(comment_id=made.id)
    assert await community.comments.GetComment(read, metadata=loopback.as_user(BEN)) == edited


async def test_with_auth_away_a_comment_mentions_nobody_and_is_published(community, loopback, video) -> None:
    community.users.failure = Unavailable(service="auth")
    request = pb.CreateCommentRequest(video_id=video.id, text="As @ben said")
    made = await community.comments.CreateComment(request, metadata=loopback.as_user(ADA))
    assert (made.moderation_status, list(made.mentions)) == (pb.MODERATION_STATUS_APPROVED, [])
