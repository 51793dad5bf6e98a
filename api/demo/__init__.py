"""The demo: the main job, a training term of a real county, over the HTTP API."""

from api.demo.run import demo, run_demo

__all__ = ["demo", "run_demo"]
