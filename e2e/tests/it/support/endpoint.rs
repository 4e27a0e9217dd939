//! A system that is told by webhook: a small HTTP receiver that writes down what comes, verifies
//! signatures with the reference library, and answers as a test wants it.

use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// One request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The status it was answered with; 0 for silence.
    pub(crate) status: u16,
}

impl Told {
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value)
    }

    pub(crate) fn id(&self) -> &str {
        self.header("webhook-id")
    }

    pub(crate) fn event(&self) -> Value {
        serde_json::from_slice(&self.body).expect("an event is JSON")
    }

    /// Whether this secret has signed it, as the reference library sees it.
    pub(crate) fn is_signed_with(&self, secret: &str) -> bool {
        let mut headers = reqwest::header::HeaderMap::new();
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            headers.insert(name, self.header(name).parse().expect("a header"));
        }
        let webhook = standardwebhooks::Webhook::new(secret).expect("a secret");
        webhook.verify(&self.body, &headers).is_ok()
    }
}

/// How a request is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// With this status and body.
    Status(u16, &'static str),
    /// With 302 to this address.
    Redirect(String),
    /// Never.
    Silence,
    /// With 200 at once, and a body that never ends.
    Endless,
}

struct Shared {
    told: Mutex<Vec<Told>>,
    /// What comes next; after that `always`.
    next: Mutex<VecDeque<Answer>>,
    always: Mutex<Answer>,
}

/// Listens until dropped.
pub(crate) struct Endpoint {
    pub(crate) url: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Endpoint {
    /// Answers with 204 until told otherwise.
    pub(crate) async fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            told: Mutex::default(),
            next: Mutex::default(),
            always: Mutex::new(Answer::Status(204, "")),
        });
        let into = shared.clone();
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let into = into.clone();
                // A connection that breaks is the other side's death.
                tokio::spawn(async move {
                    let _ = serve(socket, &into).await;
                });
            }
        });
        Self {
            url: format!("http://{address}/told"),
            shared,
            task,
        }
    }

    /// What comes next is answered so, and so on.
    pub(crate) fn answer_next(&self, answers: impl IntoIterator<Item = Answer>) {
        lock(&self.shared.next).extend(answers);
    }

    /// From now on everything is answered so.
    pub(crate) fn answer_always(&self, answer: Answer) {
        *lock(&self.shared.always) = answer;
    }

    pub(crate) fn told(&self) -> Vec<Told> {
        lock(&self.shared.told).clone()
    }

    /// Waits until something of it holds.
    pub(crate) async fn until(&self, holds: impl Fn(&[Told]) -> bool) -> Vec<Told> {
        let begun = std::time::Instant::now();
        loop {
            let told = self.told();
            if holds(&told) {
                return told;
            }
            let patience = super::server::PATIENCE;
            assert!(begun.elapsed() < patience, "it was told only {told:#?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(mut socket: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    loop {
        let Some((mut told, length)) = parse(&bytes) else {
            if socket.read_buf(&mut bytes).await? == 0 {
                return Ok(());
            }
            continue;
        };
        bytes.drain(..length);
        let answer = lock(&shared.next).pop_front();
        let answer = answer.unwrap_or_else(|| lock(&shared.always).clone());
        told.status = match &answer {
            Answer::Status(status, _) => *status,
            Answer::Redirect(_) => 302,
            Answer::Silence => 0,
            Answer::Endless => 200,
        };
        lock(&shared.told).push(told);
        let text = match answer {
            Answer::Status(status, body) => {
                let length = body.len();
                format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n\r\n{body}")
            }
            Answer::Redirect(to) => {
                format!("HTTP/1.1 302 X\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n")
            }
            Answer::Silence => {
                tokio::time::sleep(super::server::PATIENCE).await;
                return Ok(());
            }
            Answer::Endless => {
                let head = "HTTP/1.1 200 X\r\nContent-Length: 1000000\r\n\r\n";
                socket.write_all(head.as_bytes()).await?;
                loop {
                    socket.write_all(b"z").await?;
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
        };
        socket.write_all(text.as_bytes()).await?;
    }
}

/// The first request, if it is there as a whole, and its length.
fn parse(bytes: &[u8]) -> Option<(Told, usize)> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&bytes[..head]).expect("a head is text");
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    let headers: Vec<(String, String)> = lines
        .map(|(key, value)| (key.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(key, _)| key == "content-length");
    let length: usize = length.map_or(0, |(_, length)| length.parse().expect("a number"));
    let body = bytes.get(head..head + length)?.to_vec();
    let told = Told {
        headers,
        body,
        status: 0,
    };
    Some((told, head + length))
}
