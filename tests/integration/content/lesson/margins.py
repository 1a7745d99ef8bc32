"""What slides leave free."""

import numpy as np
from PIL import Image

from content_service.lesson.canvas import BODY_BOTTOM

SAFE = 32
"""Nothing but flat background is this close to an edge, in pixels."""


def assert_margin_is_background(picture: Image.Image) -> None:
    pixels = np.asarray(picture)
    outside = np.ones(pixels.shape[:2], dtype=bool)
    outside[SAFE : BODY_BOTTOM + 1, SAFE:-SAFE] = False
    assert (pixels[outside] == pixels[0, 0]).all()
