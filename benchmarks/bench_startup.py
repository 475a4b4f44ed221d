"""How soon the window can be used, and how long its thread stands still while torch loads.

    python benchmarks/bench_startup.py [--json FILE]

Without a screen, on the bundled demo clip, with folders of its own. Times count from the start of the process.
"""

import itertools
import os
import sys
import tempfile
import time
from pathlib import Path

STARTED_S = time.perf_counter()
os.environ["QT_QPA_PLATFORM"] = "offscreen"
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


def measure(folder: Path) -> dict[str, float | bool]:
    """Starts the program as a person does, and looks at the clock at each step."""
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        os.environ[name] = str(folder / name.lower())
    from PySide6.QtCore import QEventLoop, QTimer
    from PySide6.QtWidgets import QApplication

    from app.application import Program
    from app.ui import theme
    from core.files import places

    application = QApplication([])
    theme.apply(application)
    result: dict[str, float | bool] = {}

    def since_start() -> float:
        return round(time.perf_counter() - STARTED_S, 2)

    program = Program(device="cpu")
    program.window.show()
    application.processEvents()
    result["window_shown_s"] = since_start()
    ticks = [time.perf_counter()]
    tick = QTimer()
    tick.timeout.connect(lambda: ticks.append(time.perf_counter()))
    tick.start(5)
    loop = QEventLoop()

    def on_frame(_: object) -> None:
        if "frame_shown_s" not in result:
            result["frame_shown_s"] = since_start()
            result["torch_loaded_when_frame_shown"] = "torch" in sys.modules and hasattr(sys.modules["torch"], "nn")

    def on_network(_: object) -> None:
        result["network_ready_s"] = since_start()
        QTimer.singleShot(200, loop.quit)

    program.session.frame_shown.connect(on_frame)
    program.weights_in_use.network_changed.connect(on_network)
    program.opening.open(places.DEMO_CLIP)
    QTimer.singleShot(120_000, loop.quit)
    loop.exec()
    gaps = sorted((later - earlier for earlier, later in itertools.pairwise(ticks)), reverse=True)
    result["longest_standstill_s"] = round(gaps[0], 2)
    result["standstills_over_100_ms"] = sum(gap > 0.1 for gap in gaps)
    program.window.close()
    return result


def main() -> None:
    """Prints the times, and writes them to a file where one is named."""
    from benchmarks._results import tell

    with tempfile.TemporaryDirectory() as folder:
        tell(__doc__, lambda: measure(Path(folder)))


if __name__ == "__main__":
    main()
