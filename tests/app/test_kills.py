"""The program is killed while it works: nothing acknowledged is lost, nothing is left half.

`python -m tests.kills --count 500 --seed 1` does the same more often, at other moments.
"""

import shutil
import sqlite3
import sys
from contextlib import closing

import pytest

from tests.kills.checking import acknowledged, faults_after_kill, project_of
from tests.kills.killing import Killer, ways_of

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="drivers are forked, and found in /proc")


@pytest.mark.slow
def test_twenty_kills_lose_nothing(tmp_path, monkeypatch):
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    with Killer(tmp_path, seed=20) as killer:
        faults = [fault for way in ways_of(20) for fault in killer.kill_one(way)]
        assert not faults, "\n".join(faults)
        assert sum(killer.kills.values()) == 20 and killer.entries > 40

    # And the check would see what is lost.
    folder = next(folder for folder in tmp_path.glob("way-*") if len(acknowledged(folder)) > 3)
    path = project_of(folder)
    shutil.copy(path, tmp_path / "whole.fami")
    for damage, words in (
        (f"DELETE FROM entries WHERE entry_id = {max(acknowledged(folder))}", "is gone"),
        (f"UPDATE entries SET label = 'x' WHERE entry_id = {max(acknowledged(folder))}", "something else"),
        ("UPDATE frames SET num_people = 77", "counts"),
    ):
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(damage)
            connection.commit()
        found = faults_after_kill(folder)
        assert any(words in fault or "it does not open" in fault for fault in found), (damage, found)
        shutil.copy(tmp_path / "whole.fami", path)
