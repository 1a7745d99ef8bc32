"""Lesson media: a typed script in, a narrated video with captions and thumbnail out. Entry point: `render.render`."""
