"""The study that workers share by a database: which trials are done, which are to do, and which were lost."""

import dataclasses
import datetime
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tfl_lite_suite.core.errors import ArgumentError, SuiteError
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.search.early_stop import Reference
from tfl_lite_suite.search.front import OBJECTIVES
from tfl_lite_suite.search.space import Dimension

if TYPE_CHECKING:
    import optuna

# Attributes of a trial.
OUTCOME, CURVE, WHY, ERROR = "outcome", "curve", "why", "error"
_RETRY_OF, _DROPPED, _BASE = "retry_of", "dropped", "base"
# Values of `_DROPPED`: the trial, or the trial and those that it repeats.
_ALONE, _WITH_ALL = "alone", "with all"
# A worker that is silent for so many signs of life counts as dead.
_MISSED = 4
_MOST_RETRIES = 10
_LOCK_SECONDS, _CONNECT_SECONDS = 60, 10
_DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}


class Stopped(Exception):
    """A trial is not worth finishing; the text says why."""


class Failed(Exception):
    """A trial cannot be finished; the text says why."""


class _NotWanted(Exception):
    """Another worker has the trial already, or there are enough."""


@dataclasses.dataclass(frozen=True)
class Slot:
    """A trial with its retries.

    Attributes:
        number: Number of the first of them.
        trial: The one that counts.
    """

    number: int
    trial: "optuna.trial.FrozenTrial"

    @property
    def state(self) -> str:
        """`waiting`, `running`, `complete`, `stopped`, `failed`, or `lost`: its worker died or was interrupted."""
        state = self.trial.state.name.lower()
        if state == "pruned":
            return "stopped"
        return "lost" if state == "fail" and ERROR not in self.trial.user_attrs else state.replace("fail", "failed")

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do."""
        return self.state in ("complete", "stopped", "failed")


class Study:
    """One study, as one worker sees it."""

    def __init__(
        self, url: str, name: str, base: str, dimensions: Sequence[Dimension], seed: int, heartbeat: int
    ) -> None:
        """Opens a study, or begins it.

        Args:
            url: The database, as SQLAlchemy names it.
            name: The study's name in it.
            base: What must be the same for every worker: the recipe and the space.
            dimensions: The space.
            seed: Seed of the choices.
            heartbeat: Seconds between two signs of life of a worker.

        Raises:
            SuiteError: If the extra is not installed, the database cannot be used, or holds another study of that name.
        """
        self.dimensions, self.seed = dimensions, seed
        self._heartbeat, self._name = heartbeat, name
        with _plain_errors(url):
            self._study = self._open(url)
            known = self._study.user_attrs.get(_BASE)
            if known is None:
                self._study.set_user_attr(_BASE, base)
            elif known != base:
                raise ArgumentError(
                    "study", f"'{name}' was begun with another recipe or space. Take them, another name or `workdir`"
                )
        self._url = url

    def _open(self, url: str) -> "optuna.Study":
        import optuna

        from tfl_lite_suite.search.storage import Storage

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        kind, colon, rest = url.partition(":")
        limits = {"timeout": _LOCK_SECONDS} if kind == "sqlite" else {"connect_timeout": _CONNECT_SECONDS}
        with _quiet():
            self._storage = Storage(
                _DRIVERS.get(kind, kind) + colon + rest,
                engine_kwargs={"connect_args": limits, "pool_pre_ping": True},
                heartbeat_interval=self._heartbeat,
                grace_period=_MISSED * self._heartbeat,
            )
        return optuna.create_study(
            study_name=self._name, storage=self._storage, directions=[*OBJECTIVES.values()], load_if_exists=True
        )

    def enqueue(self, wanted: Sequence[JsonObject]) -> None:
        """Puts trials before those that the sampler chooses; what is in the study already is left out."""
        with _plain_errors(self._url):
            for params in wanted:
                self._study.enqueue_trial(params, skip_if_exists=True)

    def slots(self) -> list[Slot]:
        """Returns the trials in order, retries with the trial that they repeat; superfluous ones are left out."""
        with _plain_errors(self._url):
            trials = self._study.get_trials(deepcopy=False)
        groups: dict[int, list[Any]] = {}
        # A lost trial that is not to be repeated, because another one has its values, is superfluous with its retry.
        gone = {trial.user_attrs[_RETRY_OF] for trial in trials if trial.user_attrs.get(_DROPPED) == _WITH_ALL}
        for trial in trials:
            if _DROPPED not in trial.user_attrs:
                groups.setdefault(trial.user_attrs.get(_RETRY_OF, trial.number), []).append(trial)
        return [
            Slot(number, max(group, key=lambda trial: (_rank(trial), -trial.number)))
            for number, group in sorted(groups.items())
            if number not in gone
        ]

    def references(self) -> list[Reference]:
        """Returns the finished trials that others are compared with."""
        return [
            Reference(slot.number, slot.trial.params, tuple(slot.trial.user_attrs[CURVE]), loss)
            for slot in self.slots()
            if slot.state == "complete" and (loss := slot.trial.user_attrs[OUTCOME]["loss"]) is not None
        ]

    def requeue_lost(self) -> None:
        """Has trials run again whose worker died or was interrupted.

        Raises:
            SuiteError: If that has happened to one trial again and again.
        """
        import optuna

        with _plain_errors(self._url), _quiet():
            optuna.storages.fail_stale_trials(self._study)
            self._fail_never_begun()
            for slot in self.slots():
                if slot.state == "lost":
                    self._requeue(slot)

    def _fail_never_begun(self) -> None:
        """Gives up trials whose worker died before its first sign of life, and so before it chose the first value."""
        import optuna

        latest = datetime.datetime.now() - datetime.timedelta(seconds=_MISSED * self._heartbeat)
        for trial in self._study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.RUNNING,)):
            if not trial.params and trial.datetime_start and trial.datetime_start < latest:
                self._study.tell(trial.number, state=optuna.trial.TrialState.FAIL, skip_if_finished=True)

    def _requeue(self, slot: Slot) -> None:
        tried = [t for t in self._study.get_trials(deepcopy=False) if t.user_attrs.get(_RETRY_OF) == slot.number]
        params = {**slot.trial.system_attrs.get("fixed_params", {}), **slot.trial.params}
        if len(tried) >= _MOST_RETRIES:
            raise SuiteError(f"trial {slot.number} never came to its end in {len(tried)} tries: {params}")
        self._study.enqueue_trial(params, user_attrs={_RETRY_OF: slot.number})

    def step(self, most: int, judge: Callable[[JsonObject, int], tuple[JsonObject, list[float]]]) -> bool:
        """Does one trial.

        Args:
            most: Greatest number of trials of the study.
            judge: Given the value of each dimension and the trial's number, returns outcome and validation curve;
                raises `Stopped` or `Failed`.

        Returns:
            Whether the trial counts: it does not where another worker has the same one, or there are enough.
        """
        import optuna

        counts = True

        def objective(trial: "optuna.Trial") -> tuple[float, ...]:
            nonlocal counts
            # Optuna's own first sign of life comes at some later time, and a trial without one is never given up.
            self._storage.record_heartbeat(trial._trial_id)
            # By the trial's number: a study that goes on draws new values, and so do workers that begin together.
            self._study.sampler = optuna.samplers.TPESampler(seed=(self.seed + 1_000_003 * trial.number) % 2**31)
            params = {dimension.name: _suggest(trial, dimension) for dimension in self.dimensions}
            if dropped := self._superfluous(trial, params, most):
                counts = False
                trial.set_user_attr(_DROPPED, dropped)
                raise _NotWanted
            try:
                outcome, curve = judge(params, trial.user_attrs.get(_RETRY_OF, trial.number))
            except Stopped as reason:
                trial.set_user_attr(WHY, str(reason))
                raise optuna.TrialPruned from None
            except Failed as reason:
                trial.set_user_attr(ERROR, str(reason))
                raise
            trial.set_user_attr(OUTCOME, outcome)
            trial.set_user_attr(CURVE, curve)
            return tuple(outcome[key] for key in OBJECTIVES)

        with _plain_errors(self._url), _quiet():
            try:
                self._study.optimize(objective, n_trials=1, catch=(Failed, _NotWanted))
            except ValueError as error:
                # This worker was paused for so long that another one took the trial over.
                if "Cannot tell" not in str(error):
                    raise
        return counts

    def _superfluous(self, trial: "optuna.Trial", params: JsonObject, most: int) -> str:
        """Returns `_ALONE` for a trial that need not run, `_WITH_ALL` for a retry of one that need not, else ``."""
        own = trial.user_attrs.get(_RETRY_OF, trial.number)
        others = [slot for slot in self.slots() if slot.trial.number != trial.number and slot.state != "waiting"]
        same = [slot for slot in others if slot.trial.params == params and slot.state != "lost"]
        if any(slot.number == own for slot in same):
            return _ALONE
        known = any(slot.is_done or slot.trial.number < trial.number for slot in same)
        if not known and sum(slot.number < own for slot in others) < most:
            return ""
        return _ALONE if own == trial.number else _WITH_ALL


def _rank(trial: "optuna.trial.FrozenTrial") -> int:
    """Returns how much one of a trial and its retries stands for all: most if it has come to its end."""
    if ERROR in trial.user_attrs:
        return 3
    return ("FAIL", "WAITING", "RUNNING", "PRUNED", "COMPLETE").index(trial.state.name)


def _suggest(trial: "optuna.Trial", dimension: Dimension) -> Any:
    if dimension.choices:
        return trial.suggest_categorical(dimension.name, dimension.choices)
    if dimension.whole:
        return trial.suggest_int(dimension.name, int(dimension.low), int(dimension.high), log=dimension.log)
    return trial.suggest_float(dimension.name, dimension.low, dimension.high, log=dimension.log)


def require() -> None:
    """Checks that Optuna is installed.

    Raises:
        SuiteError: If it is not; it names the extra.
    """
    try:
        import optuna  # noqa: F401
    except ModuleNotFoundError as error:
        raise SuiteError(f"search needs {error.name}: pip install 'tfl-lite-suite[search]'") from None


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _plain_errors(url: str) -> Iterator[None]:
    """Words what goes wrong with the database as one line, without its password."""
    import optuna
    import sqlalchemy
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
        cause = str(getattr(error, "orig", None) or error.__cause__ or error).partition("\n")[0]
        try:
            shown = sqlalchemy.make_url(url).render_as_string(hide_password=True)
        except SQLAlchemyError:
            raise ArgumentError(
                "storage", f"expected a URL, such as postgresql://user@host/name. Received: '{url}'"
            ) from None
        raise ArgumentError("storage", f"cannot use '{shown}': {cause}") from None
    except ImportError as error:
        if error.name and error.name.partition(".")[0] in ("psycopg", "psycopg2", "pymysql", "MySQLdb"):
            raise ArgumentError(
                "storage", f"the driver {error.name} is missing: pip install 'tfl-lite-suite[search]'"
            ) from None
        raise
