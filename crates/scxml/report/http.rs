//! A listener on loopback for the BasicHTTP event processor, and the requests that go to it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use ringback_scxml::basic_http::{self, Request};
use ringback_scxml::interpreter::Outside;
use ringback_scxml::{Broken, Event, Position, Value};

/// One listener with a thread of its own; it ends with the value.
pub(crate) struct Loopback {
    port: u16,
    requests: Receiver<(String, Event)>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    log: Vec<String>,
}

/// Longer than any answer on loopback takes.
const PATIENCE: Duration = Duration::from_secs(5);

impl Loopback {
    /// Listens on a free port.
    pub(crate) fn open() -> std::io::Result<Loopback> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let port = listener.local_addr()?.port();
        let (sender, requests) = channel();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        #[expect(
            clippy::disallowed_methods,
            reason = "the runner is no part of the crate: it stands in for the world around it"
        )]
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                // A request that is no HTTP is answered with a closed connection.
                let _ = answer(stream, &sender);
            }
        });
        Ok(Loopback {
            port,
            requests,
            stop,
            thread: Some(thread),
            log: Vec::new(),
        })
    }

    /// What stands before the id of a session in its address.
    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// What the sessions logged and which limits they met, for the report of a failure.
    pub(crate) fn notes(&self) -> String {
        self.log
            .iter()
            .map(|line| format!("\n      {line}"))
            .collect()
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the listener; it then sees that it should stop.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Outside for Loopback {
    fn http(&mut self, request: &Request) -> Result<(), String> {
        post(request).map_err(|error| error.to_string())
    }

    fn arrived(&mut self) -> Vec<(String, Event)> {
        self.requests.try_iter().collect()
    }

    fn log(&mut self, session: &str, label: Option<&str>, value: &Value, _: Position) {
        self.log.push(format!(
            "{session} {}: {}",
            label.unwrap_or(""),
            value.to_text()
        ));
    }

    fn broken(&mut self, session: &str, broken: &Broken) {
        self.log.push(format!("{session} {broken}"));
    }
}

fn post(request: &Request) -> std::io::Result<()> {
    let bad = |what: &str| std::io::Error::new(std::io::ErrorKind::InvalidInput, what.to_owned());
    let rest = request
        .target
        .strip_prefix("http://")
        .ok_or_else(|| bad("only http is spoken here"))?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut head = format!(
        "{} /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n",
        request.method
    );
    for (name, value) in &request.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("Content-Length: {}\r\n\r\n", request.body.len()));
    stream.write_all(head.as_bytes())?;
    stream.write_all(request.body.as_bytes())?;
    let mut status = String::new();
    BufReader::new(stream).read_line(&mut status)?;
    match status.split(' ').nth(1) {
        Some(code) if code.starts_with('2') => Ok(()),
        _ => Err(bad("the answer is no success")),
    }
}

fn answer(stream: TcpStream, events: &Sender<(String, Event)>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let mut request = Request {
        method: words.next().unwrap_or_default().to_owned(),
        target: words.next().unwrap_or_default().to_owned(),
        ..Request::default()
    };
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        let (name, value) = (name.trim().to_owned(), value.trim().to_owned());
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().unwrap_or(0);
        }
        request.headers.push((name, value));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    request.body = String::from_utf8_lossy(&body).into_owned();
    let path = request.target.split('?').next().unwrap_or_default();
    let session = path.trim_start_matches('/').to_owned();
    // The receiver is gone when the test is over; then nobody waits for the event either.
    let _ = events.send((session, basic_http::event(&request)));
    let mut stream = stream;
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}
