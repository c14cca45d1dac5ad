"""A small IMAP server for tests: a mailbox in memory, and as much of RFC 3501 as a reader of
bounces asks for. What it can beyond that (MOVE, UIDPLUS, keywords) is for each test to say.
"""

import re
import socketserver
import threading
from dataclasses import dataclass, field
from typing import Self


@dataclass
class Mail:
    raw: bytes
    flags: set[str] = field(default_factory=set)


class ImapServer(socketserver.ThreadingTCPServer):
    """Serves on 127.0.0.1 from a thread. `folders` holds mails by UID."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, *can: str, keywords: bool = True) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.can = can
        self.keywords = keywords
        self.folders: dict[str, dict[int, Mail]] = {"INBOX": {}}
        self.fetched: list[int] = []

    @property
    def url(self) -> str:
        return f"imap://bounces:secret@127.0.0.1:{self.server_address[1]}/INBOX"

    def add(self, *mails: str) -> None:
        inbox = self.folders["INBOX"]
        for raw in mails:
            inbox[len(inbox) + 1] = Mail(raw.replace("\n", "\r\n").encode())

    def flags(self, folder: str = "INBOX") -> dict[int, set[str]]:
        return {uid: mail.flags for uid, mail in self.folders[folder].items()}

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class _Session(socketserver.StreamRequestHandler):
    server: ImapServer
    folder = ""

    def handle(self) -> None:
        self._say("* OK [CAPABILITY IMAP4rev1] ready")  # half of it, as Dovecot does
        for line in self.rfile:
            tag, _, rest = line.decode().strip().partition(" ")
            verb, _, arguments = rest.partition(" ")
            if verb.upper() == "UID":
                verb, _, arguments = arguments.partition(" ")
            answer = getattr(self, f"do_{verb.lower()}")(arguments)
            self._say(f"{tag} {answer or 'OK done'}")
            if verb.upper() == "LOGOUT":
                return

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    @property
    def _mails(self) -> dict[int, Mail]:
        return self.server.folders[self.folder]

    def do_capability(self, _: str) -> None:
        self._say(f"* CAPABILITY {' '.join(('IMAP4rev1', *self.server.can))}")

    def do_login(self, arguments: str) -> str | None:
        user, password = arguments.replace('"', "").split()
        right = (user, password) == ("bounces", "secret")
        return None if right else f"NO [AUTHENTICATIONFAILED] {password} is wrong"

    def do_select(self, arguments: str) -> str | None:
        self.folder = arguments.strip('"')
        if self.folder not in self.server.folders:
            return "NO there is no such mailbox"
        self._say(f"* {len(self._mails)} EXISTS")
        return None

    def do_create(self, arguments: str) -> str | None:
        name = arguments.strip('"')
        if name in self.server.folders:
            return "NO it is there"
        self.server.folders[name] = {}
        return None

    def do_search(self, arguments: str) -> None:
        assert arguments == "UNSEEN UNDELETED UNKEYWORD DigestPassed"
        out = {"\\Seen", "\\Deleted", "DigestPassed"}
        found = [str(uid) for uid, mail in self._mails.items() if not mail.flags & out]
        self._say(" ".join(("* SEARCH", *found)))

    def do_fetch(self, arguments: str) -> None:
        found = re.fullmatch(r"(\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", arguments)
        assert found is not None
        uid, most = int(found[1]), int(found[2])
        self.server.fetched.append(uid)
        data = self._mails[uid].raw[:most]
        self._say(f"* {uid} FETCH (UID {uid} BODY[]<0> {{{len(data)}}}")
        self.wfile.write(data + b")\r\n")

    def do_store(self, arguments: str) -> str | None:
        number, _, flags = arguments.partition(" +FLAGS.SILENT ")
        for flag in flags.strip("()").split():
            if not flag.startswith("\\") and not self.server.keywords:
                return "NO there are no keywords here"
            self._mails[int(number)].flags.add(flag)
        return None

    def do_copy(self, arguments: str) -> None:
        number, _, folder = arguments.partition(" ")
        self.server.folders[folder.strip('"')][int(number)] = self._mails[int(number)]

    def do_move(self, arguments: str) -> None:
        self.do_copy(arguments)
        del self._mails[int(arguments.partition(" ")[0])]

    def do_expunge(self, arguments: str) -> None:
        for number in arguments.split(","):
            assert "\\Deleted" in self._mails.pop(int(number)).flags

    def do_logout(self, _: str) -> None:
        self._say("* BYE")
