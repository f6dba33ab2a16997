"""Watches a camera, stream, video or folder with a model; prints one JSON line for each decision."""

import os
import signal
import socket
import sys
import threading
from typing import TYPE_CHECKING

from absl import flags

from tfl_lite_suite.core import command_line
from tfl_lite_suite.watch import Keeping, Watching, show, watch

if TYPE_CHECKING:
    from tfl_lite_suite.watch.login import Login
    from tfl_lite_suite.watch.result import Summary


def _main() -> "Summary":
    wish, stop = _wish(), threading.Event()
    if flags.FLAGS.systemd:
        _print_unit()

    def end(number: int, frame: object) -> None:
        stop.set()
        # A second one ends the process at once.
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    return watch(wish, stop, lambda text: print(text, file=sys.stderr))


def _wish() -> Watching:
    from tfl_lite_suite.evaluate.preprocessing import normalization_of
    from tfl_lite_suite.predict import Opening, engine_for
    from tfl_lite_suite.runtime import exporting
    from tfl_lite_suite.watch.loop import Pace
    from tfl_lite_suite.watch.mqtt import Broker
    from tfl_lite_suite.watch.sources import Wanted, size

    given = flags.FLAGS
    path, source = command_line.required("model"), command_line.required("source")
    of_mqtt = ("mqtt_login", "mqtt_ca", "mqtt_discovery", "mqtt_queue", "name")
    command_line.only_with(given.mqtt is not None, "with --mqtt", *of_mqtt)
    command_line.only_with(bool(given.keep), "with --keep", "keep_limit", "keep_dir", "certain")
    command_line.only_with(given.page, "with --page", "page_address", "page_login")
    command_line.only_with(os.path.isdir(source), "with a folder as --source", "existing", "once")
    name, broker = given.name or socket.gethostname(), None
    if given.mqtt is not None:
        user = _login("mqtt_login")
        broker = Broker(given.mqtt, name, user, given.mqtt_ca, given.mqtt_discovery, given.mqtt_queue)
    wanted = Wanted(source, size("camera_size", given.camera_size), given.existing, given.once)
    keeping = Keeping(given.keep_dir, tuple(given.keep), given.keep_limit, given.certain) if given.keep else None
    engine, normalization = engine_for(path, given.engine), normalization_of(given.mean, given.std)
    return Watching(
        Opening(exporting.file_for(path, engine), engine, given.threads, normalization=normalization),
        wanted,
        Pace(given.max_fps, given.frames, given.changes),
        keeping,
        broker,
        (given.page_address, _login("page_login")) if given.page else None,
    )


def _login(flag: str) -> "Login | None":
    from tfl_lite_suite.watch import login

    path = flags.FLAGS[flag].value
    return login.read(flag, path) if path else None


def _print_unit() -> None:
    import getpass

    from tfl_lite_suite.watch import service

    arguments = [argument for argument in sys.argv[1:] if argument.lstrip("-").partition("=")[0] != "systemd"]
    command = [sys.executable, "-m", "tfl_lite_suite.watch", *arguments]
    command_line.print_and_exit(service.unit(command, os.getcwd(), getpass.getuser()))


if __name__ == "__main__":
    flags.DEFINE_string("model", None, "The .tflite, .onnx, .ncnn.param or .mnn file.")
    flags.DEFINE_string(
        "source",
        None,
        "camera, camera:1, /dev/video0, a folder in which pictures arrive, a video, or rtsp:// and http://.",
    )
    flags.DEFINE_string("engine", None, "Engine; the first installed if absent.")
    flags.DEFINE_integer("threads", 1, "Threads the runtime may use.", 1, 256)
    flags.DEFINE_list("mean", None, "Normalization (pixel - mean) / std of a file that does not contain it.")
    flags.DEFINE_list("std", None, "See --mean; one number, or one for each channel, in pixel units 0-255.")
    flags.DEFINE_float("max_fps", 0.0, "Largest number of frames a second; 0 is no limit.", 0)
    flags.DEFINE_integer("frames", 0, "Stop after this many frames; 0 is never.", 0)
    flags.DEFINE_bool("changes", False, "Print and send a decision only when the answer changes.")
    flags.DEFINE_string("camera_size", "640x480", "Width and height of the camera's pictures.")
    flags.DEFINE_bool("existing", True, "Also classify the pictures that are in the folder already.")
    flags.DEFINE_bool("once", False, "Stop when every picture in the folder has been classified.")
    flags.DEFINE_string("mqtt", None, "Broker for the decisions: mqtt://HOST[:PORT][/TOPIC], mqtts:// for TLS.")
    flags.DEFINE_string("mqtt_login", None, "File with the user on its first line and the password on its second.")
    flags.DEFINE_string("mqtt_ca", None, "Certificate authority of the broker; the system's if absent.")
    flags.DEFINE_string("mqtt_discovery", "homeassistant", "Home Assistant's discovery topic; empty for none.")
    flags.DEFINE_integer(
        "mqtt_queue",
        1000,
        "Largest number of decisions that wait for the broker; the oldest are dropped and counted.",
        1,
    )
    flags.DEFINE_string("name", None, "Name of this device for MQTT; the host's if absent.")
    flags.DEFINE_list("keep", [], "Save frames worth labelling: uncertain, unknown (none of the classes), or both.")
    flags.DEFINE_integer("keep_limit", 500, "Largest number of pictures in --keep_dir.", 1)
    flags.DEFINE_string("keep_dir", "kept", "Folder for these frames: uncertain/CLASS/ and unknown/.")
    flags.DEFINE_float("certain", 0.7, "An answer with less than this probability is uncertain.", 0, 1)
    flags.DEFINE_bool("page", False, "Show the last frame and decision on a page.")
    flags.DEFINE_string(
        "page_address", "127.0.0.1:8765", "Address of the page; an address for other computers needs --page_login."
    )
    flags.DEFINE_string("page_login", None, "File with the user on its first line and the password on its second.")
    flags.DEFINE_bool("systemd", False, "Print a systemd unit that runs this command, and exit.")
    command_line.run_verb(
        "watch",
        __doc__,
        _main,
        show,
        streams=True,
        required=("model", "source"),
        example="--model=mine.tflite --source=camera --changes",
    )
