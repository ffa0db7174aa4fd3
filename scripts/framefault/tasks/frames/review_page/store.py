"""Answers in an SQLite file: appended, never changed, and on disk before anyone goes on."""

import sqlite3
from contextlib import contextmanager, suppress
from pathlib import Path

import pandas as pd

from framefault.errors import UserError
from framefault.tasks.frames.answers import COLUMNS

FIELDS = ("labels", "similar", "reasons", "one_only", "added", "note")
AHEAD = 4  # the question to be answered, and those to be loaded meanwhile
FORM = "framefault review 1"

# `answers` is the record: whatever happens adds a row. The other tables say what follows from it,
# so that no question waits for a count over all rows.
TABLES = """
create table meta (name text primary key, value text not null) without rowid;
create table answers (
    id integer primary key,
    token text not null,    -- of what was sent: the same again is the same answer
    undoes integer,         -- the answer that this row takes back; it has no fields
    annotator text not null, round integer not null, item integer not null,
    labels text, similar text, reasons text, one_only text, added text, note text
);
create index answers_token on answers (token);
create table standing (     -- the answers that count: the last ones, if not taken back
    item integer, round integer, annotator text, answer integer not null, doubt integer not null,
    primary key (item, round, annotator)
) without rowid;
create index last_alone on standing (annotator, answer) where round = 1;
create index last_jointly on standing (answer) where round = 2;
create table progress (     -- of each annotator in round 1
    annotator text primary key, done integer not null,
    first integer not null  -- all items before this one are answered
) without rowid;
create table joint (        -- pairs that someone doubts
    item integer primary key, open integer not null
);
create index joint_open on joint (open, item);
"""


class AnsweredElsewhere(Exception):
    """The question was answered in another window after it was shown in this one."""


class Store:
    """The answers of one review. Items are numbers; an annotator of None is the joint pass."""

    def __init__(self, path, digest, labels=None):
        """Open the file, or make it if `labels` says what it is to ask.

        `digest` is that of the candidates. Raises UserError for a file of another review.
        """
        self.path = Path(path)
        new = not self.path.exists()
        if new and labels is None:
            raise UserError(f"There is no {path}; start the review first.")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.db = sqlite3.connect(self.path, isolation_level=None, timeout=10)
            self.db.row_factory = sqlite3.Row
            with self.change():  # tells also whether the file is a database at all
                if not self.ask("select count(*) from sqlite_master")[0][0]:
                    self.create(digest, labels)
            meta = dict(map(tuple, self.ask("select name, value from meta")))
            self.db.execute("pragma journal_mode = wal")
            self.db.execute("pragma synchronous = full")
        except (OSError, sqlite3.Error) as error:
            raise UserError(f"{path} cannot be used as the file of answers: {error}.") from error
        if meta.get("form") != FORM:
            raise UserError(f"{path} is not a file of answers; name another one.")
        if meta["candidates"] != digest:
            raise UserError(
                f"{path} has the answers to other candidates; name another file, or the candidates"
                " that it was begun with."
            )
        self.labels = meta["labels"] == "yes"
        if labels not in (None, self.labels):
            asks = "asks" if self.labels else "does not ask"
            raise UserError(
                f"The review in {path} {asks} for missing labels of anchors;"
                " go on with it as it was begun, or name another file."
            )

    def create(self, digest, labels):
        for statement in TABLES.split(";\n")[:-1]:
            self.db.execute(statement)
        meta = {"form": FORM, "candidates": digest, "labels": "yes" if labels else "no"}
        self.db.executemany("insert into meta values (?, ?)", meta.items())

    def close(self):
        self.db.close()

    def last_port(self):
        """Where the page was last; a window that is still open goes on if it is there again."""
        rows = self.ask("select value from meta where name = 'port'")
        return int(rows[0]["value"]) if rows else 0

    def keep_port(self, port):
        with suppress(sqlite3.Error), self.change():  # a convenience: a full disk may forget it
            self.db.execute("insert or replace into meta values ('port', ?)", (str(port),))

    @contextmanager
    def change(self):
        """All or nothing; on disk when the block is left."""
        self.db.execute("begin immediate")
        try:
            yield
            self.db.execute("commit")
        except BaseException:
            if self.db.in_transaction:  # SQLite itself may have rolled back, as on a full disk
                self.db.execute("rollback")
            raise

    def ask(self, query, *values):
        return self.db.execute(query, values).fetchall()

    # What is to be done -----------------------------------------------------------------------

    def next_items(self, annotator, total):
        """The next few items of an annotator among `total`, in order."""
        if annotator is None:
            rows = self.ask("select item from joint where open order by item limit ?", AHEAD)
            return [row["item"] for row in rows]
        found, item = [], self.first(annotator)
        while item < total and len(found) < AHEAD:
            if not self.stands(1, annotator, item):
                found.append(item)
            item += 1
        return found

    def first(self, annotator):
        rows = self.ask("select first from progress where annotator = ?", annotator)
        return rows[0]["first"] if rows else 0

    def progress(self):
        """{annotator: number of items answered in round 1}, in the order of names."""
        return dict(map(tuple, self.ask("select annotator, done from progress order by annotator")))

    def joint_progress(self):
        """(pairs that were answered jointly, pairs that are to be)."""
        count = "select count(*) from joint"
        total, todo = (self.ask(count + where)[0][0] for where in ("", " where open"))
        return total - todo, total

    # What was said ----------------------------------------------------------------------------

    def stands(self, round_, annotator, item):
        """The id of the answer that counts; 0 if there is none."""
        rows = self.ask(
            "select answer from standing where round = ? and annotator = ? and item = ?",
            round_, annotator, item,
        )  # fmt: skip
        return rows[0]["answer"] if rows else 0

    def last_of(self, annotator, item):
        """The id of the last answer that counts in an annotator's round, or in the joint pass."""
        if annotator is not None:
            return self.stands(1, annotator, item)
        query = "select max(answer) from standing where item = ? and round = 2"
        return self.ask(query, item)[0][0] or 0

    def said(self, item, round_):
        """{annotator: fields} of the answers that count, in the order of names."""
        rows = self.ask(
            f"select s.annotator, {named('a.')} from standing s join answers a on a.id = s.answer"
            " where s.item = ? and s.round = ? order by s.annotator",
            item, round_,
        )  # fmt: skip
        return {row[0]: dict(zip(FIELDS, row[1:], strict=True)) for row in rows}

    def table(self, items):
        """All answers that count as a frame of COLUMNS, by round, annotator and item."""
        rows = self.ask(
            f"select s.annotator, s.round, s.item, {named('a.')} from standing s join answers a"
            " on a.id = s.answer order by s.round, s.annotator, s.item"
        )
        asked = [items[row["item"]] for row in rows]
        table = pd.DataFrame(map(dict, rows), columns=list(COLUMNS))
        for column, name in (("item", "kind"), ("anchor", "anchor"), ("neighbour", "neighbour")):
            table[column] = [getattr(item, name) for item in asked]
        return table

    # What is said -----------------------------------------------------------------------------

    def answer(self, token, annotators, round_, item, seen, fields):
        """Append one answer for each annotator; on disk on return.

        `token` names what was sent: once stored, it is not stored again. `seen` is `last_of` when
        the question was shown. Raises AnsweredElsewhere if that has changed.
        """
        with self.change():
            if self.stored(token):
                return
            who = None if round_ == 2 else annotators[0]
            if self.last_of(who, item) != seen:
                raise AnsweredElsewhere
            agrees = (fields["labels"], fields["similar"]) == ("right", "yes")
            doubt = int(fields["similar"] != "" and not agrees)  # anchors have no joint pass
            for annotator in annotators:
                id_ = self.append(token, annotator, round_, item, fields)
                if round_ == 1:
                    self.count(annotator, item)
                self.db.execute(
                    "insert or replace into standing values (?, ?, ?, ?, ?)",
                    (item, round_, annotator, id_, doubt),
                )
                if round_ == 1:
                    self.move_first(annotator)
            self.update_joint(item)

    def undo(self, token, annotator):
        """Take back what an annotator, or the joint pass, said last: (item, fields), or None.

        That is a new row, too. Repeated with the same token, it takes back nothing more.
        """
        with self.change():
            if rows := self.stored(token):
                answer = self.ask("select * from answers where id = ?", rows[0]["undoes"])[0]
                return answer["item"], {name: answer[name] for name in FIELDS}
            query = "select max(answer) from standing where "
            if annotator is None:
                last = self.ask(query + "round = 2")[0][0]
            else:
                last = self.ask(query + "round = 1 and annotator = ?", annotator)[0][0]
            if last is None:
                return None
            query = (
                "select * from answers a where token = (select token from answers where id = ?) and"
                " id = (select answer from standing s where s.item = a.item and s.round = a.round"
                " and s.annotator = a.annotator)"
            )
            for row in self.ask(query, last):
                self.take_back(token, row)
            self.update_joint(row["item"])
            return row["item"], {name: row[name] for name in FIELDS}

    def stored(self, token):
        return self.ask("select * from answers where token = ?", token)

    def append(self, token, annotator, round_, item, fields, undoes=None):
        return self.db.execute(
            f"insert into answers (token, undoes, annotator, round, item, {named()})"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (token, undoes, annotator, round_, item, *(fields.get(name) for name in FIELDS)),
        ).lastrowid

    def take_back(self, token, row):
        who = (row["round"], row["annotator"], row["item"])
        self.append(token, row["annotator"], row["round"], row["item"], {}, undoes=row["id"])
        self.db.execute("delete from standing where round = ? and annotator = ? and item = ?", who)
        if row["round"] == 1:
            self.db.execute(
                "update progress set done = done - 1, first = min(first, ?) where annotator = ?",
                (row["item"], row["annotator"]),
            )

    def count(self, annotator, item):
        """One more item is done, unless it was answered before."""
        self.db.execute("insert or ignore into progress values (?, 0, 0)", (annotator,))
        if not self.stands(1, annotator, item):
            self.db.execute("update progress set done = done + 1 where annotator = ?", (annotator,))

    def move_first(self, annotator):
        first = self.first(annotator)
        while self.stands(1, annotator, first):
            first += 1
        self.db.execute("update progress set first = ? where annotator = ?", (first, annotator))

    def update_joint(self, item):
        """A pair that someone doubts is open until all who saw it have answered it jointly."""
        doubts, missing = self.ask(
            "select sum(doubt), sum(not exists (select * from standing jointly where"
            " jointly.item = s.item and jointly.round = 2 and jointly.annotator = s.annotator))"
            " from standing s where item = ? and round = 1", item,
        )[0]  # fmt: skip
        if doubts:
            self.db.execute("insert or replace into joint values (?, ?)", (item, int(missing > 0)))
        else:
            self.db.execute("delete from joint where item = ?", (item,))


def named(prefix=""):
    return ", ".join(prefix + name for name in FIELDS)
