"""The stages that the files of the matrix share, made once a process."""

from tests.stages import stages

__all__ = ["stages"]
