"""Letters to mail servers with TLS, each with a certificate that was made for the test."""

import ssl

import pytest
import trustme

from agentops_dashboard.alerts.destinations import destinations_of
from agentops_dashboard.alerts.message import Message
from tests.mail_server import mail_server

LETTER = Message(title="Firing: failures", lines=["above 30 %"], data={})


@pytest.fixture(scope="module")
def authority():
    """Who signs the certificates."""
    return trustme.CA()


@pytest.fixture(scope="module")
def certificate(authority):
    """What a server for this machine shows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def trusted(authority, monkeypatch, tmp_path):
    """The system trusts the authority, as an operator with one of their own would have it."""
    file = tmp_path / "authority.pem"
    file.write_bytes(authority.cert_pem.bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(file))


def send(scheme, port):
    """Send a letter with a password; raises what the alerts' file would say."""
    (mail,) = destinations_of([], ["ada@example.com"], f"{scheme}://me%40example.com:s%3Acret@127.0.0.1:{port}")
    mail.send(LETTER)


@pytest.mark.parametrize(("scheme", "how"), [("smtp", "starttls"), ("smtps", "tls")])
def test_letters_and_passwords_go_over_tls(certificate, trusted, scheme, how):
    """All that is said in the open is the wish for TLS; who signs in is the sender."""
    with mail_server(**{how: certificate}) as server:
        send(scheme, server.port)
    (letter,) = server.letters
    assert (letter["From"], letter["To"]) == ("me@example.com", "ada@example.com")
    assert letter["Subject"] == "[agentops] Firing: failures"
    assert server.logins == [("me@example.com", "s:cret")]
    assert [line.split()[0] for line in server.lines[: server.in_the_open]] == (
        [b"ehlo", b"STARTTLS"] if how == "starttls" else []
    )


@pytest.mark.parametrize(("scheme", "how"), [("smtp", "starttls"), ("smtps", "tls")])
def test_a_certificate_that_nobody_vouches_for_gets_nothing(certificate, scheme, how):
    """No letter and no password, also not in the open; the reason says what to look at."""
    with mail_server(**{how: certificate}) as server, pytest.raises(OSError, match="certificate"):
        send(scheme, server.port)
    assert (server.letters, server.logins) == ([], [])


@pytest.mark.parametrize(("scheme", "how"), [("smtps", "starttls"), ("smtp", "tls")])
def test_a_scheme_that_is_not_the_servers_is_given_up(certificate, trusted, monkeypatch, scheme, how):
    """Where one waits for TLS and the other for a greeting, it ends within the time that a letter has."""
    monkeypatch.setattr("agentops_dashboard.alerts.destinations._TIMEOUT_S", 0.3)
    with mail_server(**{how: certificate}) as server, pytest.raises(OSError):
        send(scheme, server.port)
    assert (server.letters, server.logins) == ([], [])
