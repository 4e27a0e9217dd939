//! One client's end of a WebSocket (RFC 6455), text frames only.
//!
//! The mask is all zeros: it is there, as the protocol asks, and costs the client nothing. The
//! server unmasks as it would with any other.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};

const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

pub(crate) struct Socket {
    stream: TcpStream,
    /// Received; `start..end` is not worked off yet.
    input: Vec<u8>,
    start: usize,
    end: usize,
    output: Vec<u8>,
}

impl Socket {
    /// Connects and upgrades. Reading does not block from then on.
    pub(crate) fn connect(address: SocketAddr, key: &str) -> anyhow::Result<Self> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        write!(
            stream,
            "GET /v1/stream HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\n\
             Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )?;
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte)?;
            head.push(byte[0]);
        }
        let head = String::from_utf8_lossy(&head);
        anyhow::ensure!(head.starts_with("HTTP/1.1 101 "), "no WebSocket: {head}");
        stream.set_nonblocking(true)?;
        Ok(Self {
            stream,
            input: vec![0; 1 << 18],
            start: 0,
            end: 0,
            output: Vec::with_capacity(1 << 16),
        })
    }

    pub(crate) fn descriptor(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }

    /// Gathers a text frame; [`Socket::flush`] sends it.
    pub(crate) fn push(&mut self, text: &[u8]) {
        self.push_frame(TEXT, text);
    }

    fn push_frame(&mut self, kind: u8, payload: &[u8]) {
        self.output.push(0x80 | kind);
        if let Ok(short @ 0..126) = u8::try_from(payload.len()) {
            self.output.push(0x80 | short);
        } else {
            let length = u16::try_from(payload.len()).expect("frames of ours are short");
            self.output.push(0x80 | 126);
            self.output.extend_from_slice(&length.to_be_bytes());
        }
        self.output.extend_from_slice(&[0; 4]);
        self.output.extend_from_slice(payload);
    }

    /// Sends what was gathered.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        let mut sent = 0;
        while sent < self.output.len() {
            match self.stream.write(&self.output[sent..]) {
                Ok(count) => sent += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    std::thread::yield_now();
                }
                Err(error) => return Err(error),
            }
        }
        self.output.clear();
        Ok(())
    }

    /// Receives what is there; `false` when there is nothing now.
    pub(crate) fn receive(&mut self) -> io::Result<bool> {
        self.input.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.end == self.input.len() {
            self.input.resize(self.input.len() * 2, 0);
        }
        match self.stream.read(&mut self.input[self.end..]) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                self.end += count;
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Calls `hear` with each whole text frame that was received. Pings are answered.
    pub(crate) fn frames(
        &mut self,
        mut hear: impl FnMut(&[u8]) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        while let Some((kind, from, to)) = frame(&self.input[self.start..self.end])? {
            let payload = self.start + from..self.start + to;
            self.start += to;
            match kind {
                TEXT => hear(&self.input[payload])?,
                PING => {
                    let payload = self.input[payload].to_vec();
                    self.push_frame(PONG, &payload);
                }
                CLOSE => {
                    let why = String::from_utf8_lossy(&self.input[payload]).into_owned();
                    anyhow::bail!("the server closed the stream: {why}");
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The kind of the first frame, and where its payload begins and ends; `None` if it is not whole.
fn frame(bytes: &[u8]) -> anyhow::Result<Option<(u8, usize, usize)>> {
    let [first, second, rest @ ..] = bytes else {
        return Ok(None);
    };
    anyhow::ensure!(
        first & 0xf0 == 0x80 && second & 0x80 == 0,
        "a frame in parts or with a mask"
    );
    let (head, length) = match second {
        126 => match rest.first_chunk() {
            Some(length) => (4, usize::from(u16::from_be_bytes(*length))),
            None => return Ok(None),
        },
        127 => match rest.first_chunk() {
            Some(length) => (10, usize::try_from(u64::from_be_bytes(*length))?),
            None => return Ok(None),
        },
        short => (2, usize::from(*short)),
    };
    let end = head + length;
    Ok((bytes.len() >= end).then_some((first & 0x0f, head, end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_found_when_they_are_whole() {
        let mut long = vec![0x81, 126, 0, 200];
        long.resize(4 + 200, b'x');
        assert_eq!(frame(&long).unwrap(), Some((TEXT, 4, 204)));
        assert_eq!(frame(&long[..203]).unwrap(), None);
        assert_eq!(frame(&[0x89, 0]).unwrap(), Some((PING, 2, 2)));
        assert_eq!(frame(&[0x81]).unwrap(), None);
        assert!(frame(&[0x01, 0]).is_err(), "a part");
    }
}
