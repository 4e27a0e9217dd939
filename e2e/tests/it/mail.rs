//! Short messages to people by mail, handed to a real mail server over TLS.

use crate::support::server::Site;
use crate::support::skip::skip;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// A mail server of its own, until dropped.
struct MailServer {
    child: Child,
    lines: BufReader<ChildStdout>,
    port: u16,
}

impl MailServer {
    fn start(python: &Path, way: &str, folder: &Path) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr());
        let port = port.expect("a port").port();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/support/mail_server.py");
        let mut child = Command::new(python)
            .arg(script)
            .args([&port.to_string(), way])
            .args([folder.join("cert.pem"), folder.join("key.pem")])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the mail server starts");
        let lines = BufReader::new(child.stdout.take().expect("its output"));
        let mut server = Self { child, lines, port };
        assert_eq!(server.line().trim(), "ready");
        server
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("a line");
        line
    }

    fn taken(&mut self) -> Value {
        serde_json::from_str(&self.line()).expect("a message")
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The Python that has the mail server, where `scripts/setup` put it.
fn python() -> Option<PathBuf> {
    let cache = std::env::var_os("RINGBACK_CACHE_DIR").map(PathBuf::from);
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.cache");
    let python = cache.unwrap_or(here).join("aiosmtpd-1.4.6/bin/python");
    python.exists().then_some(python)
}

/// A certificate for this machine that nobody else trusts.
fn certificate(folder: &Path) {
    std::fs::create_dir_all(folder).expect("a folder");
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
        ])
        .args(["-nodes", "-days", "2", "-subj", "/CN=mail.test"])
        .args(["-addext", "subjectAltName=IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-keyout", "key.pem", "-out", "cert.pem"])
        .current_dir(folder)
        .output()
        .expect("openssl starts");
    assert!(made.status.success(), "{made:?}");
}

#[test]
fn a_message_is_handed_to_a_mail_server_over_tls() {
    let Some(python) = python() else {
        return skip(
            "mail",
            "no aiosmtpd in the cache folder: scripts/setup installs it",
        );
    };
    let home = Site::new();
    let folder = home.path("tls");
    certificate(&folder);
    let ca = folder.join("cert.pem").display().to_string();
    for (way, scheme) in [("starttls", "smtp"), ("tls", "smtps")] {
        let mut server = MailServer::start(&python, way, &folder);
        let port = server.port;
        let site = |password: &str| {
            let url = format!("{scheme}://ring:{password}@127.0.0.1:{port}");
            Site::new().with("RINGBACK_NOTIFY__SMTP_URL", &url).with(
                "RINGBACK_NOTIFY__SMTP_FROM",
                "Ringback <no-reply@example.com>",
            )
        };
        let trusting = |password: &str| site(password).with("RINGBACK_NOTIFY__SMTP_CA_FILE", &ca);
        let to = ["notify", "--to", "anna@example.com"];
        let said = trusting("b%40ck").succeeds(&to);
        assert_eq!(said.trim(), "accepted for anna@example.com by smtp");
        let taken = server.taken();
        assert_eq!(taken["from"], "no-reply@example.com");
        assert_eq!(taken["to"][0], "anna@example.com");
        assert_eq!(
            (&taken["tls"], &taken["user"]),
            (&true.into(), &"ring".into()),
            "{way}"
        );
        let text = taken["text"].as_str().expect("a text");
        assert!(text.contains("Auto-Submitted: auto-generated"), "{text}");
        assert!(text.contains("Subject: Ringback can reach you"), "{text}");
        for (site, to, problem) in [
            (trusting("wrong"), "anna@example.com", "turned down"),
            (trusting("b%40ck"), "nobody@example.com", "turned down"),
            (trusting("b%40ck"), "no address", "address cannot be used"),
            (
                site("b%40ck"),
                "anna@example.com",
                "could not be handed over",
            ),
        ] {
            let output = site.run(&["notify", "--to", to]);
            assert!(!output.status.success(), "{to}");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(said.contains(problem), "{way} {to}: {said}");
        }
    }
}
