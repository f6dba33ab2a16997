"""Optuna's database, of whose waiting trials each goes to one worker only.

Optuna looks whether a trial waits, and then takes it. Between the two another worker on the same SQLite file may do the
same, and both would spend hours on one trial.
"""

import datetime
from collections.abc import Sequence

import optuna
import sqlalchemy
from optuna.trial import TrialState

_TAKE = sqlalchemy.text(
    "UPDATE trials SET state = 'RUNNING', datetime_start = :now WHERE trial_id = :trial AND state = 'WAITING'"
).bindparams(sqlalchemy.bindparam("now", type_=sqlalchemy.DateTime))


class Storage(optuna.storages.RDBStorage):
    """A database that workers share."""

    def set_trial_state_values(self, trial_id: int, state: TrialState, values: Sequence[float] | None = None) -> bool:
        """Sets the state of a trial; `False` where another worker has taken it already."""
        if state != TrialState.RUNNING:
            return bool(super().set_trial_state_values(trial_id, state, values))
        with self.engine.begin() as connection:
            taken = connection.execute(_TAKE, {"now": datetime.datetime.now(), "trial": trial_id})
        return bool(taken.rowcount == 1)
