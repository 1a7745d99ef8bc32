"""Lesson scripts from the contract's messages to what the renderer takes."""

from collections.abc import Iterable
from typing import Any

from content_service.convert.videos import DIFFICULTY_OF, SUBJECT_OF
from content_service.lesson import script as lesson
from content_service.lesson.written import as_written
from littlemonster.inference.v1 import script_pb2


def script(source: script_pb2.Script) -> lesson.Script:
    """A script as the renderer takes it."""
    return lesson.Script(
        title=source.title,
        subject=SUBJECT_OF[source.subject],
        difficulty=DIFFICULTY_OF[source.difficulty],
        summary=source.summary,
        key_points=tuple(as_written(point) for point in source.key_points),
        tags=tuple(source.tags),
        scenes=tuple(lesson.Scene(scene.heading, scene.chapter, _body(scene)) for scene in source.scenes),
        key_point_places=tuple(lesson.Place(place.scene, place.step) for place in source.key_point_places),
    )


def provenance(source: script_pb2.Script) -> dict[str, Any]:
    """What wrote a script, as stored."""
    made = source.provenance
    return {
        "model": made.model,
        "model_sha256": made.model_sha256,
        "prompt_version": made.prompt_version,
        "seed": made.seed,
        "facts": list(made.facts),
        "model_line_count": made.model_line_count,
    }


def _points(points: Iterable[script_pb2.Point]) -> tuple[lesson.Point, ...]:
    return tuple(lesson.Point(as_written(point.text), point.say, point.wrong) for point in points)


def _body(scene: script_pb2.Scene) -> lesson.Body:
    kind = scene.WhichOneof("body")
    body = getattr(scene, kind) if kind else scene.title
    match body:
        case script_pb2.ConceptScene():
            return lesson.Concept(_points(body.points), body.formula, body.formula_say)
        case script_pb2.WorkedExampleScene():
            steps = tuple(lesson.Step(step.text, step.formula, step.say) for step in body.steps)
            return lesson.WorkedExample(body.problem, body.problem_say, steps)
        case script_pb2.PlotScene():
            curves = tuple(lesson.Curve(curve.label, tuple(curve.x), tuple(curve.y)) for curve in body.curves)
            return lesson.Plot(curves, body.x_label, body.y_label, body.caption, body.say, body.equal_scales)
        case script_pb2.TimelineScene():
            return lesson.Timeline(tuple(lesson.Moment(m.when, m.text, m.say) for m in body.moments))
        case script_pb2.TableScene():
            return lesson.Table(tuple(body.columns), tuple(lesson.Row(tuple(r.cells), r.say) for r in body.rows))
        case script_pb2.QuoteScene():
            return lesson.Quote(body.text, body.source, body.say)
        case script_pb2.QuizScene():
            options = tuple(body.options)
            return lesson.Quiz(
                body.question, body.question_say, options, body.answer, body.explanation, body.answer_say
            )
        case script_pb2.RecapScene():
            return lesson.Recap(_points(body.points))
        case _:
            return lesson.Title(body.subtitle, body.say)
