//! A system of the operator's that is told when interactions end: a small HTTP receiver that
//! writes down what comes, and sometimes says that it cannot take it now.

use super::random::Random;
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// One notice as it came.
#[derive(Debug, Clone)]
pub(crate) struct Notice {
    /// The header `Ringback-Effect`.
    pub(crate) effect: String,
    pub(crate) attempt: u64,
    pub(crate) interaction: String,
    /// Whether it was answered as taken.
    pub(crate) taken: bool,
}

/// Listens until dropped.
pub(crate) struct Receiver {
    pub(crate) url: String,
    heard: Arc<Mutex<Vec<Notice>>>,
    task: JoinHandle<()>,
}

/// Of a hundred notices, how many are turned down.
const TURNED_DOWN: u64 = 15;

impl Receiver {
    pub(crate) async fn listen(seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let heard = Arc::<Mutex<Vec<Notice>>>::default();
        let into = heard.clone();
        let task = tokio::spawn(async move {
            let mut random = Random::seeded(seed);
            while let Ok((socket, _)) = listener.accept().await {
                let (into, random) = (into.clone(), random.branch());
                // A connection that breaks is the other side's death.
                tokio::spawn(async move {
                    let _ = serve(socket, random, &into).await;
                });
            }
        });
        Self {
            url: format!("http://{address}/notices"),
            heard,
            task,
        }
    }

    pub(crate) fn heard(&self) -> Vec<Notice> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut socket: TcpStream,
    mut random: Random,
    into: &Mutex<Vec<Notice>>,
) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    loop {
        let Some((mut notice, length)) = parse(&bytes) else {
            if socket.read_buf(&mut bytes).await? == 0 {
                return Ok(());
            }
            continue;
        };
        bytes.drain(..length);
        notice.taken = !random.percent(TURNED_DOWN);
        let answer = if notice.taken {
            "204 No Content"
        } else {
            "503 Later"
        };
        into.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(notice);
        let answer = format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n");
        socket.write_all(answer.as_bytes()).await?;
    }
}

/// The first request, if it is there as a whole, and its length.
fn parse(bytes: &[u8]) -> Option<(Notice, usize)> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&bytes[..head]).expect("a head is text");
    let header = |name: &str| {
        let mut lines = text.lines().filter_map(|line| line.split_once(':'));
        let found = lines.find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim().to_owned())
    };
    let length: usize = header("content-length")?.parse().expect("a number");
    let body = bytes.get(head..head + length)?;
    let body: Value = serde_json::from_slice(body).expect("notices are JSON");
    let notice = Notice {
        effect: header("ringback-effect").expect("the effect's id"),
        attempt: body["attempt"].as_u64().expect("a number"),
        interaction: body["interaction"].as_str().expect("an id").to_owned(),
        taken: false,
    };
    Some((notice, head + length))
}
