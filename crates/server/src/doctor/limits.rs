//! What the system allows: open files and ports.

use super::Finding;
use rustix::process::{Resource, getrlimit};
use std::net::{SocketAddr, TcpListener};

/// Every connection, file and reader takes one.
const DESCRIPTORS_MIN: u64 = 4_096;

/// The limit of open file descriptors.
pub(crate) fn descriptors() -> Finding {
    const WHAT: &str = "open files";
    match getrlimit(Resource::Nofile).current {
        Some(limit) if limit < DESCRIPTORS_MIN => Finding::warn(
            WHAT,
            format!("at most {limit} at once"),
            format!("allow {DESCRIPTORS_MIN} or more: `ulimit -n`, or LimitNOFILE= in the unit"),
        ),
        Some(limit) => Finding::ok(WHAT, format!("at most {limit} at once")),
        None => Finding::ok(WHAT, "no limit"),
    }
}

/// Whether the server could listen at `address`.
pub(crate) fn port(what: &'static str, address: SocketAddr) -> Finding {
    match TcpListener::bind(address) {
        Ok(_) => Finding::ok(what, format!("{address} is free")),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => Finding::warn(
            what,
            format!("{address} is in use"),
            "fine if it is a Ringback server (ask it with --url); else choose another port",
        ),
        Err(error) => Finding::fail(
            what,
            format!("{address}: {error}"),
            "choose an address of this machine, and a port this user may use",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn a_port_in_use_is_seen() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        assert_eq!(port("port", address).verdict, Verdict::Warn);
        drop(taken);
        assert_eq!(port("port", address).verdict, Verdict::Ok);
        // An address reserved for documentation belongs to no machine.
        assert_eq!(
            port("port", "192.0.2.1:80".parse().unwrap()).verdict,
            Verdict::Fail
        );
    }
}
