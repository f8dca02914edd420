from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from server.errors import FolderError, FolderInUse
from server.folder import DataFolder


def test_only_one_service_lives_in_a_folder_and_the_second_learns_who_does(data_dir: Path) -> None:
    with DataFolder(data_dir) as first:
        first.announce("http://127.0.0.1:8321")
        with pytest.raises(FolderInUse) as caught:
            DataFolder(data_dir).lock()
        for told in (str(data_dir), str(os.getpid()), "http://127.0.0.1:8321"):
            assert told in str(caught.value)
        tenant = DataFolder(data_dir).tenant()
        assert tenant is not None
        assert (tenant.pid, tenant.address) == (os.getpid(), "http://127.0.0.1:8321")


def test_what_a_crashed_service_left_behind_is_no_obstacle(data_dir: Path) -> None:
    code = (
        "import os, pathlib, sys; from server.folder import DataFolder;"
        "folder = DataFolder(pathlib.Path(sys.argv[1])); folder.lock();"
        "folder.announce('http://127.0.0.1:1'); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(data_dir)], check=False)
    assert "127.0.0.1:1" in (data_dir / "lock").read_text()
    assert DataFolder(data_dir).tenant() is None
    with DataFolder(data_dir):
        pass


def test_a_forked_worker_does_not_keep_the_folder_after_its_parent(data_dir: Path) -> None:
    folder = DataFolder(data_dir)
    folder.lock()
    read_end, write_end = os.pipe()
    left, leave = os.pipe()
    worker = os.fork()
    if worker == 0:
        folder.leave_to_parent()
        os.write(leave, b"1")
        os.close(write_end)
        os.read(read_end, 1)  # lives on until the test is over
        os._exit(0)
    assert os.read(left, 1)
    with pytest.raises(FolderInUse):
        DataFolder(data_dir).lock()
    folder.unlock()
    with DataFolder(data_dir):
        pass
    for end in (read_end, write_end, left, leave):
        os.close(end)
    os.waitpid(worker, 0)


def test_nobody_else_can_look_into_the_folder(data_dir: Path) -> None:
    with DataFolder(data_dir) as folder:
        for path in (folder.path, folder.redis, folder.snapshots):
            assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderError, match=r"file.*CLAIMLIGHT_DATA_DIR"):
        DataFolder(tmp_path / "file").lock()
