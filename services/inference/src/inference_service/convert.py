"""Between the wire and the domain."""

from collections.abc import Iterable, Iterator

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from inference_service.domain import script as d
from inference_service.domain.classification import SubjectGuess
from inference_service.domain.content_check import Content, Findings
from inference_service.domain.embedding import Vector
from inference_service.domain.generation import Claim, Piece, Priority, Sampling
from inference_service.domain.models import MEBIBYTE, EngineState, ModelCard
from inference_service.domain.moderation.policy import Verdict
from inference_service.domain.schema import compile_schema
from inference_service.domain.subject import Difficulty, Subject
from inference_service.domain.topics import TopicAdvice
from littlemonster.common.v1 import study_pb2
from littlemonster.inference.v1 import inference_service_pb2 as pb
from littlemonster.inference.v1 import script_pb2 as sp
from servicekit.caller import Caller, Role

DEFAULT_TOKENS, DEFAULT_TEMPERATURE = 256, 0.7


def subject(value: study_pb2.Subject.ValueType) -> Subject | None:
    """None when the subject is not stated."""
    return Subject(study_pb2.Subject.Name(value).removeprefix("SUBJECT_")) if value else None


def required_subject(value: study_pb2.Subject.ValueType) -> Subject:
    """The subject of a request whose contract refuses an unstated one."""
    return Subject(study_pb2.Subject.Name(value).removeprefix("SUBJECT_"))


def difficulty(value: study_pb2.Difficulty.ValueType) -> Difficulty:
    """STANDARD when not stated."""
    return Difficulty(study_pb2.Difficulty.Name(value).removeprefix("DIFFICULTY_")) if value else Difficulty.STANDARD


def sampling(request: pb.GenerateStreamRequest) -> Sampling:
    """Raises SchemaRefused when the answer cannot follow the schema."""
    schema = compile_schema(MessageToDict(request.schema)) if request.HasField("schema") else ""
    temperature = request.temperature if request.HasField("temperature") else DEFAULT_TEMPERATURE
    # numpy seeds are not negative; the two's complement keeps every int32 distinct.
    return Sampling(request.max_tokens or DEFAULT_TOKENS, temperature, request.seed & 0xFFFFFFFF, schema=schema)


def account(named: str, caller: Caller) -> str:
    """Whom work counts for: whoever a service names, on whose behalf it calls. Nobody else can name anybody."""
    return named if named and caller.role is Role.SERVICE else caller.id


def lesson_claim(request: pb.GenerateScriptRequest, caller: Caller) -> Claim:
    """A lesson that is one of many waits behind single ones."""
    return Claim(account(request.user_id, caller), Priority.BATCH if request.batch else Priority.LESSON)


def piece(value: Piece) -> pb.GenerateStreamResponse:
    return pb.GenerateStreamResponse(
        text=value.text,
        finish_reason=value.finish or "",
        token_count=value.tokens,
        queue_position=value.queue_position,
        prompt_token_count=value.prompt_tokens,
    )


def embeddings(vectors: Iterable[Vector], method: str) -> pb.EmbedResponse:
    return pb.EmbedResponse(embeddings=[pb.Embedding(values=vector) for vector in vectors], method=method)


def content(value: sp.Script) -> Content:
    """The words of a script. What is offered as a wrong answer claims nothing."""
    words = list(_words(value))
    narration = tuple(text for name, text in words if name == "say" or name.endswith("_say"))
    return Content(difficulty(value.difficulty), narration, tuple(dict.fromkeys(text for _, text in words)))


def _words(message: Message) -> Iterator[tuple[str, str]]:
    """Every text in a message and in those below it, with its field's name."""
    if getattr(message, "wrong", False):
        return
    for field, value in message.ListFields():
        if field.name in ("options", "provenance"):
            continue
        for item in value if field.is_repeated else (value,):
            if isinstance(item, Message):
                yield from _words(item)
            elif isinstance(item, str):
                yield field.name, item


def findings(value: Findings) -> pb.ValidateContentResponse:
    return pb.ValidateContentResponse(
        valid=not value.problems, problems=value.problems, reading_grade=value.reading_grade, seconds=value.seconds
    )


def advice(value: TopicAdvice) -> pb.ValidateTopicResponse:
    return pb.ValidateTopicResponse(
        supported=value.supported,
        title=value.title,
        suggestions=value.suggestions,
        reason=value.reason,
        off_subject=value.off_subject,
        aliases=value.aliases,
    )


def subject_guess(value: SubjectGuess) -> pb.ClassifySubjectResponse:
    name = f"SUBJECT_{value.subject}" if value.subject else "SUBJECT_UNSPECIFIED"
    return pb.ClassifySubjectResponse(subject=study_pb2.Subject.Value(name), confidence=value.confidence)


def verdict(value: Verdict) -> pb.ModerateResponse:
    return pb.ModerateResponse(
        approved=value.approved,
        confidence=value.confidence,
        categories=value.categories,
        reasons=value.reasons,
        policy_version=value.policy_version,
        phase=value.phase.value,
        rule=value.rule,
        withheld=value.withheld,
        resources=value.resources,
    )


def model(card: ModelCard, state: EngineState) -> pb.Model:
    return pb.Model(
        name=card.name,
        purpose=card.purpose,
        architecture=card.architecture,
        quantization=card.quantization,
        context_length=card.context_length,
        license=card.license,
        size_mib=card.size_bytes / MEBIBYTE,
        sha256=card.sha256,
        state=pb.Model.State.Value(f"STATE_{state}"),
        source=card.source,
        prompt_format=card.prompt_format,
        tasks=card.tasks,
    )


def script(value: d.Script) -> sp.Script:
    return sp.Script(
        title=value.title,
        subject=study_pb2.Subject.Value(f"SUBJECT_{value.subject}"),
        difficulty=study_pb2.Difficulty.Value(f"DIFFICULTY_{value.difficulty}"),
        summary=value.summary,
        key_points=value.key_points,
        tags=value.tags,
        scenes=map(scene, value.scenes),
        provenance=_provenance(value.provenance),
        key_point_places=(sp.KeyPointPlace(scene=place.scene, step=place.step) for place in value.key_point_places),
    )


def _provenance(value: d.Provenance) -> sp.ScriptProvenance:
    return sp.ScriptProvenance(
        model=value.model,
        model_sha256=value.model_sha256,
        prompt_version=value.prompt_version,
        seed=value.seed,
        facts=value.facts,
        model_line_count=len(value.model_lines),
    )


def scene(value: d.Scene) -> sp.Scene:
    result = sp.Scene(heading=value.heading, chapter=value.chapter)
    match value.body:
        case d.Title() as body:
            result.title.MergeFrom(sp.TitleScene(subtitle=body.subtitle, say=body.say))
        case d.Concept() as body:
            result.concept.MergeFrom(
                sp.ConceptScene(points=_points(body.points), formula=body.formula, formula_say=body.formula_say)
            )
        case d.WorkedExample() as body:
            result.worked_example.MergeFrom(_worked_example(body))
        case d.PlotScene() as body:
            result.plot.MergeFrom(_plot(body))
        case d.TimelineScene(moments=moments):
            result.timeline.moments.extend(sp.Moment(when=m.when, text=m.text, say=m.say) for m in moments)
        case d.TableScene(columns=columns, rows=rows):
            result.table.columns.extend(columns)
            result.table.rows.extend(sp.TableRow(cells=row.cells, say=row.say) for row in rows)
        case d.QuoteScene() as body:
            result.quote.MergeFrom(sp.QuoteScene(text=body.text, source=body.source, say=body.say))
        case d.QuizScene() as body:
            result.quiz.MergeFrom(_quiz(body))
        case d.Recap(points=points):
            result.recap.points.extend(_points(points))
    return result


def _points(points: tuple[d.Point, ...]) -> list[sp.Point]:
    return [sp.Point(text=point.text, say=point.say, wrong=point.wrong) for point in points]


def _worked_example(body: d.WorkedExample) -> sp.WorkedExampleScene:
    steps = [sp.ExampleStep(text=step.text, formula=step.formula, say=step.say) for step in body.steps]
    return sp.WorkedExampleScene(problem=body.problem, problem_say=body.problem_say, steps=steps)


def _plot(body: d.PlotScene) -> sp.PlotScene:
    curves = [sp.Curve(label=curve.label, x=curve.x, y=curve.y) for curve in body.curves]
    return sp.PlotScene(
        curves=curves,
        x_label=body.x_label,
        y_label=body.y_label,
        caption=body.caption,
        say=body.say,
        equal_scales=body.equal_scales,
    )


def _quiz(body: d.QuizScene) -> sp.QuizScene:
    return sp.QuizScene(
        question=body.question,
        question_say=body.question_say,
        options=body.options,
        answer=body.answer,
        explanation=body.explanation,
        answer_say=body.answer_say,
    )
