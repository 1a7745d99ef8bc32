"""A lesson with every kind of scene."""

from math import tanh

import pytest
from integration.content.lesson.making import Made, make

from content_service.lesson.script import (
    Concept,
    Curve,
    Difficulty,
    Moment,
    Place,
    Plot,
    Point,
    Quiz,
    Quote,
    Recap,
    Row,
    Scene,
    Script,
    Step,
    Subject,
    Table,
    Timeline,
    Title,
    WorkedExample,
)

VOLUMES = tuple(float(i) for i in range(51))

SCENES = (
    Scene(
        "Acids, bases and pH",
        "Introduction",
        Title("Why lemon juice is sour", "Why is lemon juice sour? The answer is a number called p H."),
    ),
    Scene(
        "Acids give, bases take",
        "Ideas",
        Concept(
            (
                Point("An acid gives away hydrogen ions, H⁺", "An acid gives away hydrogen ions."),
                Point("A base accepts them: H⁺ + OH⁻ ⇌ H₂O", "A base accepts them, and water is the result."),
            ),
            r"\mathrm{pH} = -\log_{10}\,[\mathrm{H}^{+}]",
            "The p H is minus the logarithm of the hydrogen ion concentration.",
        ),
    ),
    Scene(
        "Titration",
        "Ideas",
        Plot(
            (Curve("strong acid", VOLUMES, tuple(7 + 6 * tanh(x - 25) for x in VOLUMES)),),
            "Volume of base (mL)",
            "pH",
            "The jump marks neutralisation.",
            "In a titration, the steep jump marks the point of neutralisation.",
        ),
    ),
    Scene(
        "The pH of hydrochloric acid",
        "Practice",
        WorkedExample(
            "Find the pH of 0.01 mol/L hydrochloric acid.",
            "Find the p H of hydrochloric acid, at zero point zero one moles per litre.",
            (
                Step("All of it splits", r"[\mathrm{H}^{+}] = 10^{-2}", "All of it splits into ions."),
                Step("Take the logarithm", r"\mathrm{pH} = 2", "So the p H is two."),
            ),
        ),
    ),
    Scene(
        "Everyday examples",
        "Practice",
        Table(
            ("Substance", "pH"),
            (Row(("Lemon juice", "2"), "Lemon juice has two."), Row(("Soap", "10"), "Soap has ten.")),
        ),
    ),
    Scene(
        "How the idea grew",
        "History",
        Timeline(
            (
                Moment("1884", "Arrhenius explains acids", "In eighteen eighty four, Arrhenius explained acids."),
                Moment("1909", "Sørensen invents the pH scale", "In nineteen oh nine, the p H scale was invented."),
            )
        ),
    ),
    Scene(
        "In his own words",
        "History",
        Quote("Chance favours the prepared mind.", "Louis Pasteur", "Chance favours the prepared mind."),
    ),
    Scene(
        "Check yourself",
        "Quiz",
        Quiz(
            "Which of these is a base?",
            "Which of these is a base?",
            ("Lemon juice", "Soap", "Coffee", "Pure water"),
            1,
            "Soap has a pH of 10.",
            "The answer is soap.",
        ),
    ),
    Scene(
        "What to remember",
        "Recap",
        Recap((Point("Acids give, bases take", "Acids give, bases take."), Point("7 is neutral", "Seven is neutral."))),
    ),
)


@pytest.fixture(scope="package")
def script() -> Script:
    return Script(
        "Acids, bases and pH",
        Subject.CHEMISTRY,
        Difficulty.INTRO,
        "What makes an acid an acid.",
        ("An acid gives away hydrogen ions", "The jump in a titration marks neutralisation"),
        ("acids",),
        SCENES,
        (Place(1, 0), Place(2, 0)),
    )


@pytest.fixture(scope="package")
def made(script: Script, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(script, tmp_path_factory.mktemp("media") / "lesson")
