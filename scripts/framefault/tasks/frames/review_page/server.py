"""The server of the review page: for this machine only, and for no page but its own.

Everyone who works on this machine can open it; there is no password.
"""

import asyncio
import io
import json
import logging
import re
import socket
import sqlite3
from functools import lru_cache
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from framefault.errors import UserError
from framefault.tasks.frames import answers
from framefault.tasks.frames.pictures import frames_below, frames_of_video
from framefault.tasks.frames.review_page.questions import PICTURES
from framefault.tasks.frames.review_page.store import AnsweredElsewhere
from framefault.tasks.frames.sets import frame_number

HOST = "127.0.0.1"
PAGE = {"page.html": "text/html", "page.css": "text/css", "page.js": "text/javascript"}
LONGEST = 20_000  # bytes of an answer
LONGEST_NAME = 40
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
        " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

log = logging.getLogger("framefault")


def serve(questions, store, frames, port=0, announce=print):
    """Serve the page until it is stopped; `announce` is called with its address."""
    with listening(port or store.last_port(), anyway=not port) as sock:
        port = sock.getsockname()[1]
        store.keep_port(port)
        config = uvicorn.Config(
            application(questions, store, frames, port), log_level="warning", access_log=False,
            server_header=False, lifespan="off", ws="none", timeout_graceful_shutdown=2,
        )  # fmt: skip
        Server(config, lambda: announce(f"http://{HOST}:{port}/")).run(sockets=[sock])


class Server(uvicorn.Server):
    """uvicorn's server, which calls `announce` once it can be asked and ended."""

    def __init__(self, config, announce):
        super().__init__(config)
        self.announce = announce

    async def startup(self, sockets=None):
        await super().startup(sockets)
        self.announce()


def listening(port, anyway=False):
    """A socket at a port of this machine, or at a free one if that is taken and `anyway` is set."""
    # asyncio sends without delay only if the protocol is named; else each answer waits 40 ms more.
    sock = socket.socket(proto=socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((HOST, port))
        sock.listen(100)
    except OSError as error:
        sock.close()
        if anyway and port:
            return listening(0)
        raise UserError(
            f"Port {port} cannot be used ({error.strerror}); name another one, or 0 for a free one."
        ) from error
    return sock


def application(questions, store, frames, port):
    """The ASGI application. Raises UserError if a frame is missing below the folder `frames`."""
    review = Review(questions, store, Frames(frames, questions.frames))
    prefix = f"/{questions.digest[:16]}"  # what another review left in a browser is not ours
    routes = [
        *(Route("/" if name == "page.html" else f"/{name}", page_file(name)) for name in PAGE),
        Route("/overview", review.overview),
        Route(f"{prefix}/next", review.next),
        Route(f"{prefix}/answers", review.answer, methods=["POST"]),
        Route(f"{prefix}/undo", review.undo, methods=["POST"]),
        Route(f"{prefix}/answers.csv", review.table),
        Route(f"{prefix}/frames/{{number:int}}", review.frame),
    ]
    handlers = {
        HTTPException: lambda request, error: refusal(error.status_code, error.detail),
        UserError: lambda request, error: refusal(404, str(error)),
        AnsweredElsewhere: lambda request, error: refusal(
            409, "This was answered in another window meanwhile; that answer counts."
        ),
        sqlite3.Error: unstored,
    }
    return Guard(Starlette(routes=routes, exception_handlers=handlers), port)


class Guard:
    """Answers only what a browser on this machine asks for a page of this server.

    Other names in Host are DNS rebinding; other origins are pages that try to use the annotator's
    browser.
    """

    def __init__(self, app, port):
        self.app, self.hosts = app, {f"{name}:{port}" for name in (HOST, "localhost")}

    async def __call__(self, scope, receive, send):
        async def send_guarded(message):
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        app = self.refused(Headers(scope=scope), scope["method"]) or self.app
        await app(scope, receive, send_guarded)

    def refused(self, headers, method):
        host, origin = headers.get("host"), headers.get("origin")
        if host not in self.hosts or len(headers.getlist("host")) > 1:
            return refusal(421, "This server answers to 127.0.0.1 and localhost only.")
        if origin != f"http://{host}" and (origin or method not in ("GET", "HEAD")):
            return refusal(403, "Another page may not use this server.")
        return None


def refusal(status, sentence):
    return JSONResponse({"error": sentence}, status)


def unstored(request, error):
    log.error("%s failed: %s", request.url.path, error)
    return refusal(503, f"Nothing can be stored: {error}.")


def page_file(name):
    content = Path(__file__).with_name(name).read_bytes()

    async def send(request):
        return Response(content, media_type=PAGE[name], headers={"Cache-Control": "no-cache"})

    return send


class Review:
    """What the page may ask.

    One request after the other uses the store, in the thread of the server: a change takes a
    millisecond, and no two are ever mixed.
    """

    def __init__(self, questions, store, frames):
        self.questions, self.store, self.frames = questions, store, frames
        self.digest = questions.digest[:16]

    async def overview(self, request):
        done, total = self.store.joint_progress()
        return JSONResponse({
            "digest": self.digest,
            "classes": self.questions.classes,
            "total": len(self.questions.items),
            "annotators": [{"name": n, "done": d} for n, d in self.store.progress().items()],
            "joint": {"done": done, "total": total},
        })  # fmt: skip

    async def next(self, request):
        return JSONResponse(self.upcoming(self.annotator(request.query_params.get("annotator"))))

    async def answer(self, request):
        sent = await content(request)
        annotator = self.annotator(sent.get("annotator"))
        item, seen = whole_number(sent, "item"), whole_number(sent, "seen")
        if not 0 <= item < len(self.questions.items):
            raise HTTPException(400, "There is no such question.")
        round_, names = (1, [annotator]) if annotator else (2, self.voters(sent, item))
        fields = {
            "labels": sent.get("labels"),
            "similar": sent.get("similar"),
            "reasons": joined(sent, "reasons"),
            "one_only": "yes" if sent.get("one_only") is True else "",
            "added": joined(sent, "added"),
            "note": " ".join(str(sent.get("note", "")).split()),
        }
        for name in names:
            row = self.row(item) | {"annotator": name, "round": str(round_)} | fields
            if reason := answers.problem(row) or self.unexplained(row):
                raise HTTPException(400, f"This is no answer: {reason}.")
        self.store.answer(token_of(sent), names, round_, item, seen, fields)
        return JSONResponse(self.upcoming(annotator))

    async def undo(self, request):
        sent = await content(request)
        annotator = self.annotator(sent.get("annotator"))
        undone = self.store.undo(token_of(sent), annotator)
        if undone is None:
            return JSONResponse(self.upcoming(annotator))
        return JSONResponse(self.upcoming(annotator, first=undone[0]) | {"draft": undone[1]})

    async def table(self, request):
        table = self.store.table(self.questions.items)
        text = table.to_csv(index=False, lineterminator="\n")
        headers = {"Content-Disposition": 'attachment; filename="answers.csv"'}
        return PlainTextResponse(text, media_type="text/csv", headers=headers)

    async def frame(self, request):
        number = request.path_params["number"]
        if number >= len(self.questions.frames):
            raise HTTPException(404, "There is no such frame.")
        return await self.frames.response(self.questions.frames[number])

    def annotator(self, name):
        """A checked name, or None for the joint pass."""
        if name is None:
            return None
        if not (isinstance(name, str) and name.isprintable() and name == name.strip() != ""):
            raise HTTPException(400, "An annotator needs a name.")
        if len(name) > LONGEST_NAME:
            raise HTTPException(400, f"A name has at most {LONGEST_NAME} letters.")
        for other in self.store.progress():
            if other.casefold() == name.casefold() and other != name:
                raise HTTPException(400, f"There is an annotator {other}; write it like that.")
        return name

    def voters(self, sent, item):
        """Names for whom a joint answer is given: some of those who have seen the pair."""
        names, saw_it = sent.get("voters"), list(self.store.said(item, 1))
        if not (isinstance(names, list) and names and all(name in saw_it for name in names)):
            raise HTTPException(400, "A joint answer is that of annotators who have seen the pair.")
        return sorted(set(names))

    def unexplained(self, row):
        """Section 2.1: frames that differ are marked with a reason, or with the feature."""
        if row["similar"] == "no" and not (row["reasons"] or row["one_only"]):
            return "frames that differ need a reason"
        classes = len(self.questions.classes)
        if any(int(each) >= classes for each in answers.parts(row["added"])):
            return f"classes count from 0 to {classes - 1}"
        return None

    def row(self, item):
        asked = self.questions.items[item]
        return {"item": asked.kind, "anchor": asked.anchor, "neighbour": asked.neighbour}

    def upcoming(self, annotator, first=None):
        """Progress, the next question, and those whose frames the page should load meanwhile."""
        items = self.store.next_items(annotator, len(self.questions.items))
        if first is not None:  # what was taken back comes back, wherever it was
            items = [first, *(item for item in items if item != first)]
        if annotator is None:
            done, total = self.store.joint_progress()
        else:
            done, total = self.store.progress().get(annotator, 0), len(self.questions.items)
        shown = [self.question(item, annotator) for item in items]
        return {"done": done, "total": total, "items": shown}

    def question(self, item, annotator):
        anchor, neighbour, labels = self.questions.items[item]
        urls = [self.url(key) for key in (anchor, neighbour) if key]
        found = {
            "item": item, "seen": self.store.last_of(annotator, item), "frames": urls,
            "labels": labels, "added": self.added(anchor, annotator) if neighbour else [],
        }  # fmt: skip
        if annotator is None:
            found["said"], found["jointly"] = (self.store.said(item, n) for n in (1, 2))
        return found

    def added(self, anchor, annotator):
        """Labels that the annotator added to the anchor; in the joint pass, that anyone did."""
        number = self.questions.anchor_item.get(anchor)
        if number is None:
            return []
        texts = [
            fields["added"]
            for name, fields in self.store.said(number, 1).items()
            if annotator in (name, None)
        ]
        return sorted({int(each) for text in texts for each in answers.parts(text)})

    def url(self, key):
        return f"/{self.digest}/frames/{self.questions.frame_number[key]}"


async def content(request):
    """The JSON object of a request, read no further than an answer can be long."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LONGEST:
            raise HTTPException(413, "This is too long for an answer; shorten the note.")
    try:
        sent = json.loads(body)
    except ValueError as error:
        raise HTTPException(400, "An answer is a JSON object.") from error
    if not isinstance(sent, dict):
        raise HTTPException(400, "An answer is a JSON object.")
    return sent


def whole_number(sent, name):
    if type(value := sent.get(name)) is not int:
        raise HTTPException(400, f"An answer needs a whole number as {name}.")
    return value


def joined(sent, name):
    values = sent.get(name, [])
    if not isinstance(values, list):
        raise HTTPException(400, f"An answer needs a list as {name}.")
    return ";".join(map(str, values))


def token_of(sent):
    token = sent.get("token")
    if not (isinstance(token, str) and re.fullmatch(r"[\w-]{16,64}", token, re.ASCII)):
        raise HTTPException(400, "An answer needs a token.")
    return token


class Frames:
    """Pictures of frames: files below a folder, or frames of the MP4 of their video."""

    def __init__(self, folder, keys):
        self.root = frames_below(folder)
        folders = dict.fromkeys(key.rpartition("/")[0] for key in keys)
        self.videos = {each for each in folders if self.video(each).is_file()}
        missing = [
            key for key in keys
            if key.rpartition("/")[0] not in self.videos and not (self.root / key).is_file()
        ]  # fmt: skip
        if missing:
            more = f", and {len(missing) - 1} more are missing" if missing[1:] else ""
            raise UserError(
                f"There is no frame {self.root / missing[0]}{more}; name the folder that all frames"
                " of the candidates lie below."
            )
        self.wanted = {each: [] for each in self.videos}
        for key in keys:
            if (folder := key.rpartition("/")[0]) in self.videos:
                self.wanted[folder].append(key)
        self.pictures = lru_cache(maxsize=8)(self.pictures_of_video)

    def video(self, folder):
        return self.root / f"{folder}.mp4"

    async def response(self, key):
        caching = {"Cache-Control": "private, max-age=3600"}
        folder = key.rpartition("/")[0]
        if folder in self.videos:
            pictures = await asyncio.to_thread(self.pictures, folder)
            return Response(pictures[key], media_type="image/png", headers=caching)
        path = self.root / key
        if not path.is_file():
            raise UserError(f"The frame {path} is not there any more.")
        return FileResponse(path, media_type=PICTURES[path.suffix.lower()], headers=caching)

    def pictures_of_video(self, folder):
        """{key: PNG} of the frames of a video that the review shows."""
        keys = self.wanted[folder]
        found = {}
        pictures = frames_of_video(self.video(folder), [frame_number(key) for key in keys])
        for key, picture in zip(keys, pictures, strict=True):
            file = io.BytesIO()
            picture.save(file, "png", compress_level=1)
            found[key] = file.getvalue()
        return found
