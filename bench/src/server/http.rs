//! Just enough HTTP to set a server up and to read its books: one request, one connection.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Http {
    address: SocketAddr,
    key: String,
}

impl Http {
    pub(crate) fn new(address: SocketAddr, key: &str) -> Self {
        let key = key.to_owned();
        Self { address, key }
    }

    pub(crate) fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.send("GET", path, "")
    }

    /// Sends a request and gives the answer's body; anything but 2xx is an error.
    pub(crate) fn send(&self, method: &str, path: &str, body: &str) -> anyhow::Result<Value> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let (key, length) = (&self.key, body.len());
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {key}\r\n\
             Connection: close\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n",
            self.address
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(body.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
        let status = head.split(' ').nth(1).unwrap_or_default();
        anyhow::ensure!(
            status.starts_with('2'),
            "{method} {path} was answered with {status}: {body}"
        );
        if body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(body).with_context(|| format!("{method} {path} answered {body}"))
    }
}
