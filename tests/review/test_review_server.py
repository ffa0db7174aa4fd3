"""The server without a browser: whom it answers, what it serves, and that it loses nothing."""

import http.client
import io
import json
import os
import signal
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from urllib.parse import quote, urlsplit

import numpy as np
import psutil
import pytest
from PIL import Image

from framefault.tasks.frames.answers import read_answers
from framefault.tasks.frames.pictures import frames_of_video
from framefault.video.encode import encode_frames
from review_tools import candidates, run, running, start, stop, write_review

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

tokens = (f"token-{os.getpid()}-{number:012}" for number in count())
ANSWER = {"annotator": "Ann", "item": 0, "seen": 0, "labels": "right", "similar": "yes"}


class Client:
    """Requests as they are written, without the corrections of a library."""

    def __init__(self, process):
        self.port = urlsplit(process.address).port
        self.host = f"127.0.0.1:{self.port}"
        self.digest = self.get("/overview")[1]["digest"]

    def request(self, method, path, body=None, headers=()):
        """(status, headers, body) of one request; `headers` are pairs."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            headers = list(headers)
            if "Host" not in dict(headers):
                headers.append(("Host", self.host))
            if body is not None:
                headers.append(("Content-Length", str(len(body))))
            for name, value in headers:
                connection.putheader(name, value)
            connection.endheaders(body)
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def get(self, path, **more):
        status, _, body = self.request("GET", path, **more)
        return status, json.loads(body)

    def post(self, path, value, origin=True):
        own = [("Origin", f"http://{self.host}")] if origin is True else origin
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        status, _, body = self.request("POST", f"/{self.digest}{path}", body, own)
        return status, json.loads(body)

    def answer(self, **change):
        return self.post("/answers", ANSWER | {"token": next(tokens)} | change)

    def next(self, annotator):
        return self.get(f"/{self.digest}/next?annotator={quote(annotator)}")[1]

    def done(self):
        return {each["name"]: each["done"] for each in self.get("/overview")[1]["annotators"]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("review")


@pytest.fixture(scope="module")
def server(folder):
    (folder / "frames").mkdir()
    (folder / "frames/secret.png").write_text("secret")
    (folder / "secret.txt").write_text("secret")
    with running(*write_review(folder, anchors=4), "--labels") as process:
        yield process


@pytest.fixture
def client(server):
    return Client(server)


@pytest.fixture
def fresh(tmp_path):
    """The arguments of a review that nobody has begun."""
    return write_review(tmp_path, anchors=5, neighbours=4)


# Whom it answers ---------------------------------------------------------------------------------


def test_it_listens_on_this_machine_only(server):
    listening = [
        each.laddr.ip for each in psutil.Process(server.pid).net_connections()
        if each.status == psutil.CONN_LISTEN
    ]  # fmt: skip
    assert listening == ["127.0.0.1"]


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "", "[::1]:{port}",
             "localhost.evil.example:{port}", "127.0.0.1:{port}.evil.example"]
)  # fmt: skip
@pytest.mark.parametrize("path", ["/", "/overview", "/{digest}/frames/0", "/nothing"])
def test_other_names_are_refused(client, host, path):
    host, path = host.format(port=client.port), path.format(digest=client.digest)
    status, _, body = client.request("GET", path, headers=[("Host", host)])
    assert status == 421 and "127.0.0.1" in json.loads(body)["error"]


def test_two_names_in_one_request_are_refused(client):
    both = [("Host", client.host), ("Host", "evil.example")]
    assert client.request("GET", "/overview", headers=both)[0] in (400, 421)


def test_localhost_is_this_machine_too(client):
    assert client.get("/overview", headers=[("Host", f"localhost:{client.port}")])[0] == 200


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "http://127.0.0.1", "https://{host}", "http://{host}.x"],
)
def test_other_pages_are_refused(client, origin):
    before = client.done()
    headers = [("Origin", origin.format(host=client.host))]
    assert client.post("/answers", ANSWER | {"token": next(tokens)}, headers)[0] == 403
    assert client.post("/undo", {"annotator": "Ann", "token": next(tokens)}, headers)[0] == 403
    assert client.get("/overview", headers=headers)[0] == 403
    assert client.done() == before


def test_what_changes_something_must_say_which_page_it_comes_from(client):
    assert client.post("/answers", ANSWER | {"token": next(tokens)}, origin=[])[0] == 403


# What it serves ----------------------------------------------------------------------------------


def test_a_frame_is_served_as_it_is(client, folder):
    question = client.next("Ann")["items"][0]
    status, headers, body = client.request("GET", question["frames"][0])
    assert (status, headers["Content-Type"]) == (200, "image/png")
    assert body == (folder / "frames/v0/10.png").read_bytes()


@pytest.mark.parametrize(
    "path",
    [
        "/{digest}/frames/12", "/{digest}/frames/-1", "/{digest}/frames/0x1", "/{digest}/frames/",
        "/{digest}/frames/v0/10.png", "/{digest}/frames/secret.png", "/server.py",
        "/{digest}/frames/../secret.txt", "/{digest}/frames/..%2f..%2fsecret.txt", "//etc/passwd",
        "/{digest}/frames/%2e%2e/secret.txt", "/../secret.txt", "/page.html/../server.py",
        "/{digest}/frames/0/../../../secret.txt", "/page.css%00.py", "/{digest}/next/x",
        "/0000000000000000/frames/0",
    ],
)  # fmt: skip
def test_nothing_else_is_served(client, path):
    status, _, body = client.request("GET", path.format(digest=client.digest))
    assert status in (400, 404) and b"secret" not in body and b"root:" not in body


def test_frames_come_from_the_video_where_there_is_one(tmp_path):
    found = candidates(1, 2)
    (tmp_path / "set.json").write_text(json.dumps(found))
    (tmp_path / "frames").mkdir()
    pixels = np.linspace(0, 255, 12 * 48 * 64 * 3).reshape(12, 48, 64, 3).astype(np.uint8)
    video = tmp_path / "frames/v0.mp4"
    video.write_bytes(encode_frames(pixels, 25, {"crf": "20"}))
    with running(tmp_path / "set.json", tmp_path / "a", "--frames", tmp_path / "frames") as process:
        client = Client(process)
        for question in client.next("Ann")["items"]:
            for url in question["frames"]:
                assert client.request("GET", url)[1]["Content-Type"] == "image/png"
        body = client.request("GET", client.next("Ann")["items"][0]["frames"][0])[2]
    (anchor,) = frames_of_video(video, [10])
    assert (np.asarray(Image.open(io.BytesIO(body))) == np.asarray(anchor)).all()


@pytest.mark.parametrize("path", ["/", "/page.js", "/overview", "/{digest}/frames/0", "/nothing"])
def test_every_answer_tells_the_browser_to_be_careful(client, path):
    _, headers, _ = client.request("GET", path.format(digest=client.digest))
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    ("path", "caching"),
    [("/overview", "no-store"), ("/{digest}/next", "no-store"), ("/", "no-cache"),
     ("/{digest}/answers.csv", "no-store"), ("/{digest}/frames/0", "private, max-age=3600")],
)  # fmt: skip
def test_frames_are_cached_and_answers_are_not(client, path, caching):
    headers = client.request("GET", path.format(digest=client.digest))[1]
    assert headers["Cache-Control"] == caching


def test_the_next_frames_are_named_in_advance(client):
    assert len(client.next("Nobody")["items"]) == 4


# What it takes -----------------------------------------------------------------------------------

PAIR = {"item": 5}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"annotator": ""}, "needs a name"),
        ({"annotator": "a\nb"}, "needs a name"),
        ({"annotator": 7}, "needs a name"),
        ({"annotator": "x" * 41}, "at most 40 letters"),
        ({"item": 12}, "no such question"),
        ({"item": -1}, "no such question"),
        ({"item": True}, "a whole number as item"),
        ({"seen": None}, "a whole number as seen"),
        ({"similar": "", "token": "short"}, "needs a token"),
        ({"labels": None}, "labels are right or wrong or unsure"),
        ({"similar": "yes"}, "similar is empty"),
        ({"similar": "", "added": [6]}, "classes count from 0 to 5"),
        ({"similar": "", "added": "0"}, "a list as added"),
        ({"similar": "", "added": [-1]}, "added are indices"),
        (PAIR | {"similar": "no"}, "frames that differ need a reason"),
        (PAIR | {"similar": "no", "reasons": ["speed"]}, "reasons are motion"),
        (PAIR | {"reasons": ["motion"]}, "only frames that differ have reasons"),
        (PAIR | {"annotator": None, "voters": ["Ann"]}, "annotators who have seen the pair"),
        (PAIR | {"annotator": None, "voters": [["Ann"]]}, "annotators who have seen the pair"),
        (PAIR | {"annotator": None, "voters": []}, "annotators who have seen the pair"),
        (PAIR | {"note": "\u202e"}, "control character"),
    ],
)
def test_what_is_no_answer_is_not_stored(client, change, sentence):
    before = client.done()
    status, found = client.answer(**change)
    assert status == 400 and sentence in found["error"]
    assert client.done() == before


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 400), (b"{", 400), (b"[1]", 400), (b"\xff", 400), (b"x" * 30_000, 413)],
)
def test_what_is_no_object_is_refused(client, body, status):
    assert client.post("/answers", body)[0] == status


def test_one_name_is_not_written_in_two_ways(fresh):
    with running(*fresh) as process:
        client = Client(process)
        assert client.answer(annotator="Ann")[0] == 200
        status, found = client.answer(annotator="ann", item=1)
        assert status == 400 and "There is an annotator Ann" in found["error"]


def test_the_page_of_another_review_is_told_so(client):
    body = json.dumps(ANSWER | {"token": next(tokens)}).encode()
    origin = [("Origin", f"http://{client.host}")]
    assert client.request("POST", "/0123456789abcdef/answers", body, origin)[0] == 404


# Nothing is lost ---------------------------------------------------------------------------------


def test_many_annotators_at_once_do_not_disturb_each_other(fresh, tmp_path):
    names = [f"Annotator {number}" for number in range(6)]
    with running(*fresh) as process, ThreadPoolExecutor(len(names)) as pool:
        client = Client(process)
        found = list(pool.map(lambda name: answer_all(client, name), names))
        assert found == [list(range(20))] * 6
        assert client.done() == dict.fromkeys(names, 20)
    run(*fresh[:2], "--export", tmp_path / "answers.csv")
    assert len(read_answers(tmp_path / "answers.csv")) == 6 * 20


def answer_all(client, name):
    """Answer all that is asked, in order; the items."""
    asked, found = [], client.next(name)
    while found["items"]:
        question = found["items"][0]
        status, found = client.answer(annotator=name, item=question["item"], seen=question["seen"])
        assert status == 200
        asked.append(question["item"])
    return asked


def test_of_two_windows_of_one_annotator_only_the_first_answer_counts(fresh):
    with running(*fresh) as process, ThreadPoolExecutor(8) as pool:
        client = Client(process)
        answers = list(pool.map(lambda _: client.answer()[0], range(8)))
        assert sorted(answers) == [200] + [409] * 7
        assert client.done() == {"Ann": 1}


def test_an_answer_that_is_sent_again_counts_once(fresh):
    with running(*fresh) as process:
        client, token = Client(process), next(tokens)
        first, second = (client.answer(token=token) for _ in range(2))
        assert first == second and first[0] == 200


def test_two_servers_may_share_the_answers(fresh):
    with running(*fresh) as first, running(*fresh) as second:
        ann, ben = Client(first), Client(second)
        assert ann.port != ben.port
        assert ann.answer()[0] == ben.answer(annotator="Ben")[0] == 200
        assert ben.answer()[0] == 409
        assert ann.done() == ben.done() == {"Ann": 1, "Ben": 1}


def test_what_was_acknowledged_survives_a_kill(fresh):
    acknowledged = []

    def post(client, path, **sent):
        token = next(tokens)
        if client.post(path, ANSWER | {"token": token} | sent)[0] == 200:
            acknowledged.append(token)

    for answers in (7, 20, 40):
        process = start(*fresh)
        client = Client(process)
        killer = threading.Thread(target=kill_after, args=(process, acknowledged, answers))
        killer.start()
        try:
            while True:  # what is taken back is answered again, so there is always a question
                for _ in range(3):
                    question = client.next("Ann")["items"][0]
                    post(client, "/answers", item=question["item"], seen=question["seen"])
                for _ in range(3):
                    post(client, "/undo")
        except (OSError, http.client.HTTPException):
            pass
        killer.join()
        stop(process, signal.SIGKILL)
    assert len(acknowledged) >= 40
    with sqlite3.connect(fresh[1]) as db:
        stored = {row[0] for row in db.execute("select token from answers")}
        assert db.execute("pragma integrity_check").fetchone() == ("ok",)
    assert set(acknowledged) <= stored


def kill_after(process, acknowledged, answers):
    """Kill a server as soon as there are so many answers, in the middle of the next one."""
    while len(acknowledged) < answers:
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)


def test_it_comes_back_at_the_same_address(fresh):
    addresses = []
    for how in (signal.SIGKILL, signal.SIGINT, signal.SIGINT):
        process = start(*fresh)
        addresses.append(process.address)
        stop(process, how)
    assert len(set(addresses)) == 1


def test_ctrl_c_ends_it_without_a_word(fresh):
    process = start(*fresh)
    Client(process).answer()
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=20)
    assert (process.returncode, said) == (0, ("", ""))


# Export ------------------------------------------------------------------------------------------


def test_answers_are_exported_as_csv_also_while_the_page_runs(fresh, tmp_path):
    with running(*fresh) as process:
        client = Client(process)
        client.answer()
        client.answer(
            item=1, similar="no", reasons=["motion", "blur"], one_only=True, note=" a\n b "
        )
        for _ in range(2):
            client.answer(annotator="Ben", item=2, similar="unsure")
        client.answer(annotator=None, item=1, voters=["Ann"], similar="yes")
        done = run(*fresh[:2], "--export", tmp_path / "answers.csv")
        assert (done.returncode, done.stderr) == (0, "")
        rows = read_answers(tmp_path / "answers.csv")
        columns = ["annotator", "round", "similar", "reasons", "one_only", "note"]
        assert rows[columns].to_numpy().tolist() == [
            ["Ann", 1, "yes", "", "", ""],
            ["Ann", 1, "no", "motion;blur", "yes", "a b"],
            ["Ben", 1, "unsure", "", "", ""],
            ["Ann", 2, "yes", "", "", ""],
        ]
        body = client.request("GET", f"/{client.digest}/answers.csv")[2]
        assert body == (tmp_path / "answers.csv").read_bytes()


def test_a_review_without_answers_is_exported_too(fresh, tmp_path):
    with running(*fresh):
        assert run(*fresh[:2], "--export", tmp_path / "answers.csv").returncode == 0
    assert len(read_answers(tmp_path / "answers.csv")) == 0


# Bad input ---------------------------------------------------------------------------------------


def said(*arguments):
    done = run(*arguments)
    assert done.returncode == 1 and done.stdout == "" and done.stderr.count("\n") == 1, done
    return done.stderr


def test_missing_frames_are_named(fresh, tmp_path):
    (tmp_path / "frames/v2/10.png").unlink()
    (tmp_path / "frames/v3/10.png").unlink()
    assert "v2/10.png, and 1 more are missing; name the folder" in said(*fresh)


def test_a_frame_that_goes_away_is_named(fresh, tmp_path):
    with running(*fresh) as process:
        client = Client(process)
        url = client.next("Ann")["items"][0]["frames"][0]
        (tmp_path / "frames/v0/10.png").unlink()
        status, found = client.get(url)
    assert status == 404 and "v0/10.png is not there any more" in found["error"]


def test_a_port_in_use_is_told(fresh, tmp_path):
    with running(*fresh) as process:
        port = Client(process).port
        sentence = said(fresh[0], tmp_path / "b.sqlite", *fresh[2:], "--port", port)
    assert f"Port {port} cannot be used (Address already in use)" in sentence


def test_answers_of_another_review_are_told(fresh, tmp_path):
    with running(*fresh):
        pass
    fresh[0].write_text(json.dumps(candidates(4, 4)))
    assert "has the answers to other candidates" in said(*fresh)
    assert "has the answers to other candidates" in said(*fresh[:2], "--export", tmp_path / "a.csv")


def test_an_export_without_a_review_is_told(fresh, tmp_path):
    assert "start the review first" in said(*fresh[:2], "--export", tmp_path / "a.csv")


def test_missing_packages_are_told(fresh, tmp_path, monkeypatch):
    (tmp_path / "hidden/uvicorn").mkdir(parents=True)
    (tmp_path / "hidden/uvicorn/__init__.py").write_text(
        "raise ModuleNotFoundError(name='uvicorn')"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "hidden"))
    assert "needs the package uvicorn: pip install -r envs/review.txt" in said(*fresh)


def test_the_server_is_not_needed_to_export(fresh, tmp_path, monkeypatch):
    with running(*fresh) as process:
        Client(process).answer()
    (tmp_path / "hidden/uvicorn").mkdir(parents=True)
    (tmp_path / "hidden/uvicorn/__init__.py").write_text(
        "raise ModuleNotFoundError(name='uvicorn')"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "hidden"))
    assert run(*fresh[:2], "--export", tmp_path / "a.csv").returncode == 0
    assert len(read_answers(tmp_path / "a.csv")) == 1
