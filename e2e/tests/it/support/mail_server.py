"""Takes mail for submission and writes each message as one line of JSON. Arguments: port,
`starttls` or `tls`, certificate, key. Who logs in is `ring` with the password `b@ck`."""

import json
import ssl
import sys
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword


class Taken:
    async def handle_DATA(self, server, session, envelope):
        line = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "text": envelope.content.decode(),
            "tls": way == "tls" or session.ssl is not None,
            "user": session.auth_data.login.decode() if session.auth_data else None,
        }
        print(json.dumps(line), flush=True)
        return "250 taken"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 good"


def known(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and data.login == b"ring" and data.password == b"b@ck"
    # What is not handled here the server answers itself, with 535.
    return AuthResult(success=good, handled=good, auth_data=data if good else None)


port, way, certificate, key = sys.argv[1:]
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(certificate, key)
settings = {"authenticator": known, "auth_required": True, "auth_require_tls": way == "starttls"}
if way == "starttls":
    settings |= {"tls_context": context, "require_starttls": True}
else:
    settings |= {"ssl_context": context}
controller = Controller(Taken(), hostname="127.0.0.1", port=int(port), **settings)
controller.start()
print("ready", flush=True)
threading.Event().wait()
