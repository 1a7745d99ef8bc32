"""Navigation marks: chapters, and the second at which each key point is taught."""

from content_service.lesson.result import Chapter
from content_service.lesson.schedule import FPS, Schedule
from content_service.lesson.script import Place, Recap, Script


def chapters(script: Script, plan: Schedule) -> tuple[Chapter, ...]:
    """One per run of neighbouring scenes with the same chapter; the first starts at 0."""
    found: list[Chapter] = []
    for shot in plan.shots:
        scene = script.scenes[shot.scene]
        title = scene.chapter or scene.heading
        if not found or found[-1].title != title:
            found.append(Chapter(title, shot.start / FPS))
    return tuple(found)


def key_point_timestamps(script: Script, plan: Schedule) -> tuple[float, ...]:
    """For each key point, the start of what teaches it; of the recap, where the script does not say what does."""
    shown = {Place(shot.scene, shot.step): shot.start / FPS for shot in plan.shots}
    said = {Place(s.beat.scene, s.beat.step): s.words[0].start for s in plan.spoken if s.words}
    starts = shown | said
    return tuple(round(starts.get(place, 0.0), 3) for place in script.key_point_places or _recap(script))


def _recap(script: Script) -> tuple[Place, ...]:
    """Where the recap repeats the key points; a script without one says them nowhere, and they lead to its start."""
    scene = next((number for number, scene in enumerate(script.scenes) if isinstance(scene.body, Recap)), -1)
    return tuple(Place(scene, step) for step in range(len(script.key_points)))
