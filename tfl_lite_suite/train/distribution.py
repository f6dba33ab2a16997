"""Training on several devices and machines, with the results of training on one.

Each replica takes its part of every batch; gradients are summed and batch normalization's statistics are those of the
whole batch. All processes hold the same weights; the chief alone keeps files.
"""

import contextlib
import dataclasses
import io
import os
import pathlib
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tfl_lite_suite.core.errors import Restart
from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.core.types import Array, KerasModel, Strategy, Tensor, Variable
from tfl_lite_suite.data.pipeline import Parts
from tfl_lite_suite.train import cluster

# What TensorFlow raises when another process is gone, or has begun anew.
_PEER_LOST = (
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
    tf.errors.FailedPreconditionError,
)

_WATCHDOG = """
import os, select, signal, sys
seconds, watched = sys.argv[1:]
if not select.select([sys.stdin], [], [], float(seconds))[0]:
    print(f"error: another process was lost while the cluster came together: nothing happened for {seconds} s. "
          "Start this one again", file=sys.stderr, flush=True)
    os.kill(int(watched), signal.SIGKILL)
"""


@dataclasses.dataclass(frozen=True)
class Distribution:
    """Where a training runs.

    Attributes:
        strategy: TensorFlow's strategy; its default one computes as without any.
        rank: This process's place among the processes; 0 is the chief.
        processes: Number of processes.
    """

    strategy: Strategy
    rank: int = 0
    processes: int = 1

    @property
    def is_chief(self) -> bool:
        """Whether this process keeps checkpoints and results."""
        return self.rank == 0

    @property
    def replicas(self) -> int:
        """Number of replicas in all processes."""
        return int(self.strategy.num_replicas_in_sync)

    @property
    def parts(self) -> Parts:
        """The parts of a batch that this process makes, one for each of its replicas."""
        own = self.replicas // self.processes
        return Parts(self.replicas, self.rank * own, own)

    def place(self, values: Sequence[Tensor]) -> Variable:
        """Returns one value for each replica of this process as one that `strategy.run` takes."""
        first = self.parts.first
        return self.strategy.experimental_distribute_values_from_function(
            lambda context: values[context.replica_id_in_sync_group - first]
        )

    def sum(self, value: object) -> Array:
        """Returns the sum of an array over all processes, in each of them; all must call it."""
        value = np.asarray(value)
        if self.processes == 1:
            return value
        nothing = np.zeros_like(value)
        values = [tf.identity(value if index == 0 else nothing) for index in range(self.parts.count)]
        return np.asarray(self.strategy.reduce("SUM", self.place(values), axis=None))

    def chiefs_file(self, path: pathlib.Path) -> Any:
        """Returns a file of the chief's in a form to read from, in each process; empty where there is none."""
        if self.processes == 1:
            return path
        content = path.read_bytes() if self.is_chief and path.is_file() else b""
        size = int(self.sum(len(content)))
        words = np.zeros(size // 4 + 1, np.int32)  # One at least: TensorFlow crashes on a sum of nothing.
        words.view(np.uint8)[: len(content)] = np.frombuffer(content, np.uint8)
        return io.BytesIO(self.sum(words).tobytes()[:size])

    def wait(self) -> None:
        """Returns once every process has come here."""
        self.sum(0)

    def weights(self, model: KerasModel) -> list[Array]:
        """Returns a model's weights as `get_weights` does; all replicas' are equal, so it reads one of this process."""
        return [self.strategy.experimental_local_results(weight)[0].numpy() for weight in model.weights]

    def synchronize(self, model: KerasModel) -> None:
        """Makes batch normalization take its statistics from the whole batch, if that is spread over replicas."""
        for layer in model.layers if self.replicas > 1 else []:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.synchronized, layer.fused = True, False


def here() -> Distribution:
    """Returns the distribution over this process's default device alone."""
    return Distribution(tf.distribute.get_strategy())


def mirrored() -> Distribution:
    """Returns the distribution over this machine's GPUs, or over its logical CPUs without one."""
    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    return Distribution(tf.distribute.MirroredStrategy([device.name for device in devices]))


def multi_worker(members: cluster.Cluster, inputs: str, seconds: float) -> Distribution:
    """Joins the other processes of a cluster.

    Args:
        members: The cluster.
        inputs: What must be equal in all processes.
        seconds: How long to wait for them.

    Raises:
        SuiteError: If they do not come together.
    """
    gpus = len(tf.config.list_physical_devices("GPU"))
    cluster.meet(members, f"{inputs} {gpus}", seconds)
    with _killed_after(seconds):
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
    return Distribution(strategy, members.rank, len(members.addresses))


@contextlib.contextmanager
def _killed_after(seconds: float) -> Iterator[None]:
    """Ends this process with one line where the block takes longer.

    A process that dies while the cluster is joined leaves the others waiting for an hour, in which no Python runs; so
    another process watches.
    """
    command = [sys.executable, "-I", "-S", "-c", _WATCHDOG, str(seconds), str(os.getpid())]
    with subprocess.Popen(command, stdin=subprocess.PIPE):  # Leaving the context closes its stdin.
        yield


@contextlib.contextmanager
def restarting_when_lost() -> Iterator[None]:
    """Asks for a restart of this process where the block fails because another process is gone.

    Raises:
        Restart: TensorFlow cannot leave a cluster in which a process was lost, nor join another one.
    """
    try:
        yield
    except _PEER_LOST as error:
        raise Restart(f"another process of the training was lost ({type(error).__name__})") from error
