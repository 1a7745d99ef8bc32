"""What texts are about, and whether they may be shown: for anybody who is signed in."""

import os
import signal
from dataclasses import replace

import grpc
import pytest
from integration.inference.conftest import running_pool
from loopback import Loopback

from inference_service.domain.models import Task
from inference_service.engine.pool import ModelPool
from inference_service.main import registrations
from inference_service.storage import Registry
from littlemonster.common.v1 import study_pb2 as study
from littlemonster.inference.v1 import inference_service_pb2 as pb
from littlemonster.inference.v1.inference_service_pb2_grpc import ModerationServiceStub
from servicekit.errors import Unauthenticated
from servicekit.ids import new_id


async def test_a_text_is_moderated_for_any_signed_in_user(anybody: grpc.aio.Channel, loopback: Loopback) -> None:
    stub, student = ModerationServiceStub(anybody), loopback.as_user(new_id())
    insult = await stub.Moderate(pb.ModerateRequest(type="COMMENT", content="you are an idiot"), metadata=student)
    help_ = await stub.Moderate(pb.ModerateRequest(type="COMMENT", content="I want to die"), metadata=student)
    history = pb.ModerationContext(subject=study.SUBJECT_HISTORY)
    lesson = pb.ModerateRequest(type="PROMPT", content="Torture in the Middle Ages", context=history)
    assert (insult.approved, list(insult.categories)) == (False, ["harassment"])
    assert help_.withheld
    assert help_.resources
    assert (await stub.Moderate(lesson, metadata=student)).approved


async def test_who_seeks_help_reads_where_their_own_school_sends_them(loopback: Loopback, pool: ModelPool) -> None:
    channel = loopback.channel(await loopback.serve(registrations(pool, "Call 116 111, free and at any time.")))
    wish = pb.ModerateRequest(type="COMMENT", content="I want to die")
    told = await ModerationServiceStub(channel).Moderate(wish, metadata=loopback.as_user(new_id()))
    assert told.resources == "Call 116 111, free and at any time."


async def test_a_model_that_is_slower_than_its_caller_is_patient_leaves_the_verdict_of_the_rules(
    loopback: Loopback, registry: Registry
) -> None:
    judge = replace(registry.card("little-monster-nano"), tasks=(Task.MODERATION,))
    async with running_pool(replace(registry, cards=(judge,))) as pool:
        channel = loopback.channel(await loopback.serve(registrations(pool)), as_service="community")
        engine = await pool.engine(Task.MODERATION)
        assert engine.process_id
        os.kill(engine.process_id, signal.SIGSTOP)
        comment = pb.ModerateRequest(type="COMMENT", content="Thanks for the lesson")
        verdict = await ModerationServiceStub(channel).Moderate(
            comment, timeout=12
        )  # a quarter of it is left for the way
        assert (verdict.approved, verdict.phase) == (True, "rules")


async def test_anybody_signed_in_learns_the_subject_and_the_language_of_a_text(anybody, loopback: Loopback) -> None:
    stub, student = ModerationServiceStub(anybody), loopback.as_user(new_id())
    about = await stub.ClassifySubject(pb.ClassifySubjectRequest(content="balance the equation"), metadata=student)
    nothing = await stub.ClassifySubject(pb.ClassifySubjectRequest(content="who won the match"), metadata=student)
    spoken = await stub.DetectLanguage(pb.DetectLanguageRequest(content="Wie geht es dir?"), metadata=student)
    assert about.subject in (study.SUBJECT_CHEMISTRY, study.SUBJECT_MATH)
    assert nothing.subject == study.SUBJECT_UNSPECIFIED
    assert (spoken.language, spoken.confidence > 0.5) == ("de", True)
    with pytest.raises(Unauthenticated):
        await stub.DetectLanguage(pb.DetectLanguageRequest(content="Hello"))
