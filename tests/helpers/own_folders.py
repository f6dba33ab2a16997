"""A folder of a user's modules, as `TFL_LITE_SUITE_MODULES` names it."""

import importlib

from tfl_lite_suite.core import own_modules

# An engine.
REVERSED = '''
"""LiteRT, with the scores in reverse."""

import dataclasses

from tfl_lite_suite.runtime.engines._interpreter import InterpreterEngine, InterpreterSession


class ReversedSession(InterpreterSession):
    def get_output(self):
        return super().get_output()[:, ::-1]


@dataclasses.dataclass(frozen=True)
class ReversedEngine(InterpreterEngine):
    def open(self, path, *, threads=1, kernels="default"):
        return ReversedSession(self.load().Interpreter(model_path=path), path, self.name)

    def open_profiled(self, path, *, threads=1, kernels="default"):
        raise NotImplementedError


ENGINE = ReversedEngine("reversed", "ai-edge-litert", "ai_edge_litert.interpreter", beside_tensorflow=True)
'''


def add(monkeypatch, folder, place, text):
    """Writes a module, and makes this process and those it starts search its folder.

    Args:
        monkeypatch: The test's.
        folder: Where the user keeps modules.
        place: The module's path there, such as `runtime/engines/mine.py`.
        text: Its source.
    """
    (folder / place).parent.mkdir(parents=True)
    (folder / place).write_text(text)
    searched = next(name for name in own_modules.SEARCHED if place.startswith(f"{name}/"))
    monkeypatch.setenv(own_modules.VARIABLE, str(folder))
    package = importlib.import_module(f"tfl_lite_suite.{searched.replace('/', '.')}")
    monkeypatch.setattr(package, "__path__", own_modules.extended(package.__path__, searched))
