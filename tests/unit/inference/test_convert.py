"""Nothing is lost between the domain and the wire."""

import pytest
from fakes.inference.engine import CARD, FakeEngine, FakeShelf
from google.protobuf.struct_pb2 import Struct

from inference_service import convert
from inference_service.curriculum.pack import load_curriculum
from inference_service.domain.generation import Claim, Finish, Piece, Priority, Sampling
from inference_service.domain.models import EngineState
from inference_service.domain.script import narration
from inference_service.domain.subject import Difficulty, Subject
from inference_service.errors import SchemaRefused
from inference_service.storage import read_subject_model
from inference_service.use_cases import Lessons
from littlemonster.common.v1 import study_pb2
from littlemonster.inference.v1 import inference_service_pb2 as pb
from servicekit.caller import Caller, Role

PACK = load_curriculum()


@pytest.mark.parametrize("slug", list(PACK.topics))
@pytest.mark.parametrize("difficulty", list(Difficulty))
async def test_everything_spoken_reaches_the_wire(slug: str, difficulty: Difficulty) -> None:
    topic = PACK.topics[slug]
    script = await _lessons(FakeEngine()).write_script(topic.title, topic.subject, difficulty, 0)
    message = convert.script(script)
    wire = str(message.SerializeToString().decode("utf-8", "replace"))
    assert all(spoken in wire for spoken in narration(script))
    assert all(scene.WhichOneof("body") for scene in message.scenes)
    assert study_pb2.Subject.Name(message.subject) == f"SUBJECT_{topic.subject}"
    assert study_pb2.Difficulty.Name(message.difficulty) == f"DIFFICULTY_{difficulty}"


def test_what_is_not_stated_has_its_default() -> None:
    assert convert.subject(study_pb2.SUBJECT_UNSPECIFIED) is None
    assert convert.subject(study_pb2.SUBJECT_MATH) is Subject.MATH
    assert convert.difficulty(study_pb2.DIFFICULTY_UNSPECIFIED) is Difficulty.STANDARD
    assert convert.sampling(pb.GenerateStreamRequest(prompt="x")) == Sampling(256, 0.7, 0)


def test_a_stated_zero_temperature_and_negative_seed_are_kept_apart_from_defaults() -> None:
    sampling = convert.sampling(pb.GenerateStreamRequest(prompt="x", temperature=0, seed=-1, max_tokens=5))
    assert sampling == Sampling(5, 0, 2**32 - 1)


def test_a_schema_reaches_the_domain_with_whole_numbers_and_a_bad_one_is_refused() -> None:
    schema = Struct()
    schema.update({"type": "string", "maxLength": 30})
    assert convert.sampling(pb.GenerateStreamRequest(prompt="x", schema=schema)).schema == (
        '{"maxLength": 30, "type": "string"}'
    )
    with pytest.raises(SchemaRefused, match="has no type"):
        convert.sampling(pb.GenerateStreamRequest(prompt="x", schema=Struct()))


def test_a_lesson_counts_for_whoever_asked_for_it() -> None:
    content, asked = Caller.service("content"), pb.GenerateScriptRequest(user_id="u", batch=True)
    assert convert.lesson_claim(asked, content) == Claim("u", Priority.BATCH)
    assert convert.lesson_claim(pb.GenerateScriptRequest(), content) == Claim("content", Priority.LESSON)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SERVICE])
def test_nobody_but_a_service_names_another_account_that_a_text_counts_for(role: Role) -> None:
    assert convert.account("somebody", Caller("me", role)) == "me"
    assert convert.account("somebody", Caller.service("community")) == "somebody"


def test_only_the_last_piece_has_a_finish_reason() -> None:
    assert convert.piece(Piece("a", 1)).finish_reason == ""
    assert convert.piece(Piece("", 2, Finish.LENGTH)).finish_reason == "length"


@pytest.mark.parametrize("state", list(EngineState))
def test_every_state_of_a_model_has_its_name_on_the_wire(state: EngineState) -> None:
    assert pb.Model.State.Name(convert.model(CARD, state).state) == f"STATE_{state}"


def _lessons(engine: FakeEngine) -> Lessons:
    return Lessons(PACK, FakeShelf(engine), read_subject_model())
