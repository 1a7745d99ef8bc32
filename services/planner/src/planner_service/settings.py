"""What the planner processes are told by their environment."""

from servicekit.settings import ServiceSettings


class Settings(ServiceSettings):
    """The settings of every service; the planner needs no others."""
