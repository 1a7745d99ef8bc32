"""The main job through the REST gateway, as a student does it: every step is checked, none is assumed."""
