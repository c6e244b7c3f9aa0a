"""The end of a soak: who should have had what, what the server took, what the ledger says; all must agree."""

import collections
from typing import NamedTuple

# How long after somebody left, or came, the service may not know it yet: a restart, a letter under way.
GRACE = 45
# What nobody may ever be sent, and what nobody is owed because it is on record already.
NEVER, AGAIN = "secret", "copy"


class Person(NamedTuple):
    """A member as the roster had it; times are seconds since 1970."""

    code: str
    branch: str
    addresses: tuple
    officer: bool = False
    joined_at: float = 0
    left_at: float | None = None


class Letter(NamedTuple):
    """What the server took, with the ledger's row of the same Message-ID (None where it has none)."""

    recipient: str
    message_id: str
    digest: str
    at: float
    files: set
    row: dict | None


def joined(taken, ledger):
    """Letters of the sink beside their rows."""
    rows = {row["message_id"].strip("<>"): row for row in ledger if row["message_id"]}
    return [Letter(to, mid.strip("<> "), digest, at, files, rows.get(mid.strip("<> ")))
            for to, mid, digest, at, files in taken]


def wanted(paper, person):
    """True where a member must have a document; where it may or may not, as one that just came, it is False."""
    return (paper.kind not in (NEVER, AGAIN) and person.left_at is None
            and paper.branch in (None, person.branch) and (person.joined_at == 0 or paper.at > person.joined_at + GRACE))


def missing(people, papers, letters):
    """(document, to whom) of what did not arrive. A branch has it where one of its officers has its letter."""
    branch_of = {person.addresses[-1]: person.branch for person in people if person.officer}
    had = collections.defaultdict(set)
    for letter in letters:
        if letter.row:
            kind = letter.row["recipient_kind"]
            had[kind, letter.row["code"] if kind == "member" else branch_of.get(letter.recipient)] |= letter.files
    found = [(paper.file, person.addresses[-1]) for person in people for paper in papers
             if wanted(paper, person) and paper.sha256 not in had["member", person.code]]
    found += [(paper.file, branch) for branch in sorted(set(branch_of.values())) for paper in papers
              if paper.kind not in (NEVER, AGAIN) and paper.branch in (None, branch)
              and paper.sha256 not in had["branch", branch]]
    return found


def strangers(people, papers, letters):
    """Letters that should not have gone where they went, in words."""
    by_address = {address: person for person in people for address in person.addresses}
    by_digest = {paper.sha256: paper for paper in papers if paper.kind != AGAIN}
    for letter in letters:
        person = by_address.get(letter.recipient)
        if person is None:
            yield f"{letter.recipient} is nobody's address"
            continue
        if person.left_at and letter.at > person.left_at + GRACE:
            yield f"{letter.recipient} had left {letter.at - person.left_at:.0f} s before"
        for digest in letter.files:
            paper = by_digest.get(digest)
            if paper is None:
                yield f"{letter.recipient} got a file that nobody dropped"
            elif paper.kind == NEVER:
                yield f"{letter.recipient} got {paper.file}, which is secret"
            elif paper.branch not in (None, person.branch):
                yield f"{letter.recipient} got {paper.file} of another branch"


def twice(letters):
    """Documents that came in two letters of different Message-IDs to one recipient."""
    seen = collections.defaultdict(set)
    for letter in letters:
        if letter.row:
            kind = letter.row["recipient_kind"]
            who = letter.row["code"] if kind == "member" else letter.recipient
            for digest in letter.files:
                seen[kind, who, digest].add(letter.message_id)
    return [(who, ids) for (_, who, _), ids in seen.items() if len(ids) > 1]


def doubles(letters, lost):
    """Second copies in all, and those that no lost acknowledgement excuses."""
    copies = collections.Counter(letter.message_id for letter in letters)
    more = collections.Counter()
    for mid, recipient in {(letter.message_id, letter.recipient) for letter in letters}:
        more[recipient] += copies[mid] - 1
    return sum(more.values()), sum(max(0, count - lost[who]) for who, count in more.items())


def faults(people, papers, letters, ledger, lost, kills_allow):
    """Every broken promise, in words; empty if all were kept.

    lost: recipient -> acknowledgements that the server withheld; kills_allow: copies that kills may double.
    """
    found = []

    def note(what, items):
        if items := list(items):
            found.append(f"{len(items)} {what}, first {items[:3]}")

    note("documents not received", missing(people, papers, letters))
    note("letters to the wrong place", strangers(people, papers, letters))
    note("documents in two letters", twice(letters))
    note("letters that the ledger does not know", [x.message_id for x in letters if x.row is None])
    note("letters to another address than the ledger's",
         [x.recipient for x in letters if x.row and x.row["address"] != x.recipient])
    note("letters that arrived and are not `sent`",
         [(x.recipient, x.row["state"]) for x in letters if x.row and x.row["state"] != "sent"])
    digests = collections.defaultdict(set)
    for letter in letters:
        digests[letter.message_id].add(letter.digest)
    note("letters of which copies differ", [mid for mid, all_of in digests.items() if len(all_of) > 1])
    # Of somebody who left, a person ends a doubt by saying so, whatever the server has.
    left = {person.code for person in people if person.left_at}
    note("`sent` that the server does not have",
         [row["delivery"] for row in ledger
          if row["state"] == "sent" and row["message_id"].strip("<>") not in digests and row["code"] not in left])
    note("rows that have not ended",
         [(row["delivery"], row["state"]) for row in ledger if row["state"] not in ("sent", "failed", "cancelled")])
    unexcused = doubles(letters, lost)[1]
    if unexcused > kills_allow:
        found.append(f"{unexcused} second copies that nothing excuses, at most {kills_allow}")
    return found


def test_faults():
    """The judge itself: it acquits the innocent and finds each fault."""
    from papers import Paper
    one = Person("DV1", "B", ("a@x.example",))
    paper, secret = Paper("1.txt", "notice", "f1", None, 10), Paper("2.docx", "secret", "f2", None, 10)
    other, copy = Paper("3.txt", "branch", "f3", "C", 10), Paper("4.txt", "copy", "f1", None, 10)
    papers = [paper, secret, other, copy]
    row = {"message_id": "<1@x>", "recipient_kind": "member", "code": "DV1", "address": "a@x.example",
           "state": "sent", "delivery": "1"}
    good = ("a@x.example", "<1@x>", "d", 100, {"f1"})
    none = collections.Counter()

    def judge(taken, ledger, people=(one,), lost=none, allow=0):
        return faults(people, papers, joined(taken, ledger), ledger, lost, allow)

    assert judge([good], [row]) == []
    assert judge([good, good], [row], lost=collections.Counter({"a@x.example": 1})) == []
    assert judge([good, good], [row], allow=1) == []
    bad = [
        ([], [row], (one,)),
        ([good, good], [row], (one,)),
        ([good], [], (one,)),
        ([good], [row | {"state": "failed"}], (one,)),
        ([good], [row | {"address": "b@x.example"}], (one,)),
        ([good], [row, row | {"message_id": "<2@x>"}], (one,)),
        ([good], [row, row | {"message_id": None, "state": "pending"}], (one,)),
        ([good, good[:2] + ("e",) + good[3:]], [row], (one,)),
        ([good, ("a@x.example", "<2@x>", "d", 100, {"f1"})], [row, row | {"message_id": "<2@x>"}], (one,)),
        ([good[:4] + ({"f1", "f2"},)], [row], (one,)),
        ([good[:4] + ({"f1", "f3"},)], [row], (one,)),
        ([good[:4] + ({"f1", "f9"},)], [row], (one,)),
        ([good], [row], (one._replace(left_at=10.0),)),
        ([good], [row], (one._replace(officer=True),)),
        ([good], [row], ()),
    ]
    for case in bad:
        assert judge(*case[:2], people=case[2]), case
