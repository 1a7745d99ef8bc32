"""One visual system, one accent palette per subject. Colours are sRGB; text pairs reach WCAG contrast 4.5:1."""

from dataclasses import dataclass

from content_service.lesson.script import Subject

Colour = str  # "#RRGGBB"


@dataclass(frozen=True, slots=True)
class Palette:
    """`paper` carries teaching slides, `deep` the opening and closing ones; `bright` is the accent on `deep`."""

    paper: Colour
    card: Colour
    soft: Colour
    line: Colour
    ink: Colour
    muted: Colour
    accent: Colour
    deep: Colour
    panel: Colour
    bright: Colour
    on_deep: Colour
    series: tuple[Colour, ...]
    good: Colour = "#0E6B35"
    good_soft: Colour = "#DDF3E4"
    bad: Colour = "#A8201A"
    bad_soft: Colour = "#FBE3E1"


PALETTES = {
    Subject.MATH: Palette(
        paper="#F4F6FF", card="#FFFFFF", soft="#E3E8FF", line="#CDD5F5", ink="#151A33", muted="#4D5573",
        accent="#3A4BCB", deep="#1A2158", panel="#27307A", bright="#FFC94A", on_deep="#D5DBFF",
        series=("#3A4BCB", "#B8420B", "#0B7468", "#A3216F"),
    ),
    Subject.CHEMISTRY: Palette(
        paper="#F1FAF6", card="#FFFFFF", soft="#D8F1E7", line="#BFE2D5", ink="#0F241E", muted="#46605A",
        accent="#0A6F59", deep="#06382F", panel="#0C4F43", bright="#7CF0C3", on_deep="#CBEFE2",
        series=("#0A6F59", "#B8420B", "#3A4BCB", "#A3216F"),
    ),
    Subject.HISTORY: Palette(
        paper="#FCF7F0", card="#FFFFFF", soft="#F8E5D5", line="#EBD0BA", ink="#2A1B12", muted="#65523F",
        accent="#9C4114", deep="#46200F", panel="#613018", bright="#FFC078", on_deep="#F8DEC9",
        series=("#9C4114", "#1F5FA8", "#0B7468", "#7A3E9D"),
    ),
    Subject.ENGLISH: Palette(
        paper="#FBF5FA", card="#FFFFFF", soft="#F5E0F1", line="#E6C6DF", ink="#26132A", muted="#634D67",
        accent="#8C2E79", deep="#41123D", panel="#5C2157", bright="#FFABDF", on_deep="#F5D6EE",
        series=("#8C2E79", "#1F5FA8", "#0B7468", "#B8420B"),
    ),
}  # fmt: skip


def contrast(one: Colour, other: Colour) -> float:
    """WCAG 2 contrast ratio, 1 to 21. Source: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Colour) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
