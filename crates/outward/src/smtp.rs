//! Codes and links by mail, handed to a mail server for submission (RFC 6409) over TLS.

use futures_util::future::BoxFuture;
use lettre::address::AddressError;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, header};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use reqwest::Url;
use ringback_ports::notify::{Notice, Notify, NotifyFault};
use std::net::IpAddr;
use std::time::Duration;

/// Which mail server, and who writes.
#[derive(Clone)]
pub struct SmtpOptions {
    /// `smtps://user:password@host:465` for TLS from the start; `smtp://user:password@host:587`
    /// for STARTTLS, which is then demanded. A server on this machine may be used without TLS:
    /// `smtp://127.0.0.1:25?tls=none`.
    pub url: String,
    /// Who writes: `Ringback <no-reply@example.com>`.
    pub from: String,
    /// A further certificate to trust, in PEM.
    pub ca: Option<Vec<u8>>,
    /// How long the server may take.
    pub wait: Duration,
}

/// Why the mail server cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SmtpFault {
    /// The address of the server is none.
    #[error("the address of the mail server cannot be used: {0}")]
    Url(String),
    /// The sender is none.
    #[error("the sender cannot be used ({0}): write an address like no-reply@example.com")]
    From(AddressError),
    /// The certificate or the TLS settings are wrong.
    #[error("TLS to the mail server cannot be set up: {0}")]
    Tls(lettre::transport::smtp::Error),
}

/// Brings messages by mail.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Smtp")
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}

impl Smtp {
    /// A way to bring messages by this server. It is connected to when there is something to say.
    ///
    /// # Errors
    /// An option cannot be used.
    pub fn new(options: &SmtpOptions) -> Result<Self, SmtpFault> {
        // Whoever was first has chosen for the whole process; it is ring everywhere.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let url = Url::parse(&options.url).map_err(|error| SmtpFault::Url(error.to_string()))?;
        let host = url.host_str().unwrap_or_default();
        if host.is_empty() {
            return Err(SmtpFault::Url("it names no host".to_owned()));
        }
        let (tls, port) = tls(&url, host, options)?;
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(url.port().unwrap_or(port))
            .tls(tls)
            .timeout(Some(options.wait));
        if !url.username().is_empty() {
            let read = |text: &str| {
                decoded(text).ok_or_else(|| {
                    SmtpFault::Url("user or password is not well encoded".to_owned())
                })
            };
            let password = url.password().unwrap_or_default();
            builder = builder.credentials(Credentials::new(read(url.username())?, read(password)?));
        }
        Ok(Self {
            transport: builder.build(),
            from: options.from.parse().map_err(SmtpFault::From)?,
        })
    }

    async fn send(&self, notice: &Notice) -> Result<(), NotifyFault> {
        let to: Address = notice
            .to
            .parse()
            .map_err(|error: AddressError| NotifyFault::Address(error.to_string()))?;
        let mail = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(notice.subject.clone())
            .header(header::MIME_VERSION_1_0)
            .header(AutoSubmitted)
            .header(ContentType::TEXT_PLAIN)
            .body(notice.text.clone())
            .map_err(|error| NotifyFault::Address(error.to_string()))?;
        match self.transport.send(mail).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() => Err(NotifyFault::Refused(error.to_string())),
            Err(error) => Err(NotifyFault::Failed(error.to_string())),
        }
    }
}

/// How the connection is encrypted, and the usual port of this way.
fn tls(url: &Url, host: &str, options: &SmtpOptions) -> Result<(Tls, u16), SmtpFault> {
    let without = url.query() == Some("tls=none");
    match (url.scheme(), without) {
        ("smtps", false) => Ok((Tls::Wrapper(parameters(host, options)?), 465)),
        ("smtp", false) => Ok((Tls::Required(parameters(host, options)?), 587)),
        ("smtp", true) if is_here(host) => Ok((Tls::None, 25)),
        (_, true) => {
            let problem = "tls=none is for a server on this machine only".to_owned();
            Err(SmtpFault::Url(problem))
        }
        (other, _) => Err(SmtpFault::Url(format!(
            "scheme {other:?}: use smtps or smtp"
        ))),
    }
}

fn is_here(host: &str) -> bool {
    let number = host.trim_start_matches('[').trim_end_matches(']');
    let loopback = number.parse::<IpAddr>().is_ok_and(|it| it.is_loopback());
    loopback || host == "localhost"
}

fn parameters(host: &str, options: &SmtpOptions) -> Result<TlsParameters, SmtpFault> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(ca) = &options.ca {
        let certificate = Certificate::from_pem(ca).map_err(SmtpFault::Tls)?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build_rustls().map_err(SmtpFault::Tls)
}

/// Percent-decoding.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        let digits = std::str::from_utf8(digits).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

/// Tells programs that answer mail not to answer this one (RFC 3834).
#[derive(Debug, Clone)]
struct AutoSubmitted;

impl header::Header for AutoSubmitted {
    fn name() -> header::HeaderName {
        header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> header::HeaderValue {
        header::HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

impl Notify for Smtp {
    fn name(&self) -> &'static str {
        "smtp"
    }

    fn notify<'a>(&'a self, notice: &'a Notice) -> BoxFuture<'a, Result<(), NotifyFault>> {
        Box::pin(self.send(notice))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(url: &str) -> SmtpOptions {
        SmtpOptions {
            url: url.to_owned(),
            from: "Ringback <no-reply@example.com>".to_owned(),
            ca: None,
            wait: Duration::from_secs(1),
        }
    }

    #[test]
    fn a_server_elsewhere_is_never_used_without_tls() {
        for good in [
            "smtps://u:p%40ss@mail.example.com",
            "smtp://mail.example.com:587",
            "smtp://127.0.0.1:2525?tls=none",
        ] {
            assert!(Smtp::new(&options(good)).is_ok(), "{good}");
        }
        for wrong in [
            "smtp://mail.example.com?tls=none",
            "smtps://127.0.0.1?tls=none",
            "http://mail.example.com",
            "mail.example.com",
            "smtp://",
            "smtp://u%zz@mail.example.com",
        ] {
            assert!(Smtp::new(&options(wrong)).is_err(), "{wrong}");
        }
        let nobody = SmtpOptions {
            from: "nobody".to_owned(),
            ..options("smtp://mail.example.com")
        };
        assert!(matches!(Smtp::new(&nobody), Err(SmtpFault::From(_))));
    }
}
